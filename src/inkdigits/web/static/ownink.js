// Which ink of a ready crop is the digit's, as Python's images/ownink.py tells: no speck, no box's
// line, no neighbour's stroke.

import { above, extremes, rint } from "./arrays.js";
import { dilated } from "./filters.js";
import { regions } from "./regions.js";

export const LEAST_LINED = 12; // pixels a side of a crop; in less a line is no other than a stroke
const PIECE = 0.3; // ink as strong belongs to a piece
const PART = 0.05; // of the largest piece, that a digit's part is more than
const COMING_IN = 0.5; // the same of a piece at the border
const EDGE = 0.1; // of a side, that a line's ink is away from the edge at most
const ALONG = 0.9; // of a line's ink, that is no further away, at least
const BESIDE = 0.5; // of its length, that touches the border
const SPANNED = 0.7; // of a side, that a frame, or a whole line, is long at least

// The digit's ink in a crop in [0, 1]: the largest piece, with those that are not much smaller.
export function ownInk(ink) {
  const found = regions(above(ink, PIECE));
  if (found.count < 2 && extremes(borderOf(ink))[1] <= PIECE) return ink;
  const areas = new Float64Array(found.count + 1);
  found.labels.data.forEach((label, place) => {
    areas[label] += ink.data[place];
  });
  const sums = linesOf(found).map((isLine, piece) => (isLine ? 0 : areas[piece + 1]));
  const frames = sums.map((_, piece) => isFrame(found, piece));
  const beside = Math.max(0, ...sums.filter((_, piece) => !frames[piece]));
  const own = sums.map((sum, piece) => (frames[piece] && beside > PART * sum ? 0 : sum));
  const most = Math.max(1e-6, ...own);
  const touching = counts(borderOf(found.labels), found);
  return only(ink, found.labels, (piece) => {
    const share = own[piece] / most;
    return share > 0.99 || share > (touching[piece] ? COMING_IN : PART);
  });
}

// The ink of a crop without lines of which each goes along a whole side.
export function withoutLines(ink) {
  const found = regions(above(ink, PIECE));
  const lines = linesOf(found);
  return only(ink, found.labels, (piece) => {
    const [high, wide] = sizeOf(found, piece);
    return !(lines[piece] && Math.max(high / ink.height, wide / ink.width) >= SPANNED);
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
