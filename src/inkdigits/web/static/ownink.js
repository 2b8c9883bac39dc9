// Which ink of a ready crop is the digit's, as Python's images/ownink.py tells: no speck, no box's
// line, no neighbour's stroke.

import { above, extremes, mean, rint } from "./arrays.js";
import { dilated } from "./filters.js";
import { regions } from "./regions.js";

export const LEAST_LINED = 12; // pixels a side of a crop; in less a line is no other than a stroke
const PIECE = Math.fround(0.3); // ink as strong belongs to a piece
const PART = 0.05; // of the largest piece, that a digit's part is more than
const COMING_IN = 0.5; // the same of a piece at the border
const EDGE = 0.1; // of a side, that a line's ink is away from the edge at most
const ALONG = 0.9; // of a line's ink, that is no further away, at least
const BESIDE = 0.5; // of its length, that touches the border
const BAND = 0.12; // of a side, that a box's line ends away from the edge at most
const HELD = 0.03; // of what is in a box, that is ink at least
const SPANNED = 0.7; // of a side, that a frame, or a whole line, is long at least

// The digit's ink in a crop in [0, 1]: the largest piece, with those that are not much smaller.
export function ownInk(ink) {
  const found = regions(above(ink, PIECE));
  if (found.count < 2 && extremes(borderOf(ink))[1] <= PIECE) return ink;
  const sums = areasOf(found, ink);
  const frames = sums.map((_, piece) => isFrame(found, piece));
  const beside = most(sums.filter((_, piece) => !frames[piece]));
  const own = sums.map((sum, piece) => (frames[piece] && beside > PART * sum ? 0 : sum));
  const largest = Math.max(1e-6, most(own));
  const touching = counts(borderOf(found.labels), found);
  return only(ink, found.labels, (piece) => {
    const share = own[piece] / largest;
    return share > 0.99 || share > (touching[piece] ? COMING_IN : PART);
  });
}

// The ink of a crop without a line near all four sides, if there is more within.
export function withoutBox(ink) {
  const { height, width } = ink;
  if (Math.min(height, width) < LEAST_LINED) return ink;
  const marked = above(ink, PIECE);
  const [rows, columns] = [linedIn(marked), linedIn(marked.transposed())];
  const [down, across] = [rint(BAND * height), rint(BAND * width)];
  const [top, bottom] = [rows, rows.toReversed()].map((lined) => lineEnd(lined, down));
  const [left, right] = [columns, columns.toReversed()].map((lined) => lineEnd(lined, across));
  if (!(top && bottom && left && right)) return ink;
  if (mean(marked.cut(top, left, height - bottom, width - right).data) < HELD) return ink;
  return ink.map(Float32Array, (level, place) => {
    const [row, column] = [Math.trunc(place / width), place % width];
    const isDown = row >= top && row < height - bottom;
    return isDown && column >= left && column < width - right ? level : 0;
  });
}

// Of which rows so much is marked as of a line along a side.
const linedIn = ({ height, width, data }) =>
  Array.from(
    { length: height },
    (_, row) => mean(data.subarray(row * width, (row + 1) * width)) >= SPANNED,
  );

// How far from an edge on a line ends that is in a band along it; 0 where none does.
const lineEnd = (lined, band) =>
  lined.slice(0, band).findLastIndex((is, place) => is && !lined[place + 1]) + 1;

// The ink of a crop without lines of which each goes along most of a side.
export function withoutLines(ink) {
  const found = regions(above(ink, PIECE));
  const lines = linesOf(found);
  return only(ink, found.labels, (piece) => {
    const [high, wide] = sizeOf(found, piece);
    return !(lines[piece] && Math.max(high / ink.height, wide / ink.width) >= SPANNED);
  });
}

// The largest piece across the middle of a crop, and what is not at the border; nothing where there is
// no such piece.
export function centralInk(ink) {
  const found = regions(above(ink, PIECE));
  const areas = areasOf(found, ink);
  const [middle, centre] = [ink.height / 2, ink.width / 2];
  const isCentral = areas.map((_, piece) => {
    const isLevel = found.tops[piece] <= middle && found.bottoms[piece] >= middle;
    const isUpright = found.lefts[piece] <= centre && found.rights[piece] >= centre;
    return isLevel && isUpright;
  });
  const largest = most(areas.filter((_, piece) => isCentral[piece]));
  const touching = counts(borderOf(found.labels), found);
  return only(ink, found.labels, (piece) => {
    const isLargest = isCentral[piece] && areas[piece] >= largest;
    return largest > 0 && (isLargest || (!touching[piece] && areas[piece] > PART * largest));
  });
}

// The outermost pixels, 2 (H + W).
export function borderOf({ height, width, data }) {
  const edge = [...data.subarray(0, width), ...data.subarray((height - 1) * width)];
  for (const column of [0, width - 1]) {
    for (let row = 0; row < height; row += 1) edge.push(data[row * width + column]);
  }
  return edge;
}

// Which pieces lie along the border, one side's or several's.
function linesOf(found) {
  const { labels } = found;
  const { height, width } = labels;
  const pieces = Array.from({ length: found.count }, (_, piece) => piece);
  if (Math.min(height, width) < LEAST_LINED) return pieces.map(() => false);
  const [down, across] = [rint(EDGE * height), rint(EDGE * width)];
  const inner = counts(labels.cut(down, across, height - down, width - across).data, found);
  const touching = counts(borderOf(labels), found);
  return pieces.map((piece) => {
    const isAlong = inner[piece] <= (1 - ALONG) * found.areas[piece];
    return isAlong && touching[piece] >= BESIDE * Math.max(...sizeOf(found, piece));
  });
}

// Whether a piece goes around what is in a crop.
function isFrame(found, piece) {
  const { labels } = found;
  const [high, wide] = sizeOf(found, piece);
  if (high < SPANNED * labels.height || wide < SPANNED * labels.width) return false;
  const [down, across] = [high, wide].map((size) => Math.max(1, rint(EDGE * size)));
  const [top, left] = [found.tops[piece] + down, found.lefts[piece] + across];
  const [bottom, right] = [found.bottoms[piece] - down, found.rights[piece] - across];
  const part = bottom > top && right > left ? labels.cut(top, left, bottom, right).data : [];
  return counts(part, found)[piece] <= (1 - ALONG) * found.areas[piece];
}

// How much ink each piece has; a line has none of a digit's.
function areasOf(found, ink) {
  const areas = new Float64Array(found.count + 1);
  found.labels.data.forEach((label, place) => {
    areas[label] += ink.data[place];
  });
  const lines = linesOf(found);
  return Array.from(areas.subarray(1), (area, piece) => (lines[piece] ? 0 : area));
}

// The largest of areas; 0 of none. Not by spreading them, which thousands are too many for.
const most = (areas) => areas.reduce((one, other) => Math.max(one, other), 0);

const sizeOf = ({ tops, lefts, bottoms, rights }, piece) => [
  bottoms[piece] - tops[piece],
  rights[piece] - lefts[piece],
];

// Of each piece, how many of some pixels are its own.
function counts(labels, found) {
  const own = new Int32Array(found.count + 1);
  for (const label of labels) own[label] += 1;
  return own.subarray(1);
}

// The ink of a digit's own pieces, and the weaker along their edges.
function only(ink, labels, isOwn) {
  const kept = labels.map(Uint8Array, (label) => Number(label > 0 && isOwn(label - 1)));
  const edges = dilated(kept).data;
  return ink.map(Float32Array, (level, place) => {
    const isKept = kept.data[place] || (edges[place] && labels.data[place] === 0);
    return isKept ? level : 0;
  });
}
