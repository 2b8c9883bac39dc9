// Boxes that somebody drew for digits, taken out of the ink, as Python's images/drawnboxes.py does.
// Their upper and lower sides are followed through the ink, and what goes through it from one to the
// other is a side as well.

import { Plane, and, mean, not, or, rint, sum } from "./arrays.js";
import { APART, SMALLEST, THICKEST, WIDE, holds, outlineOf, withoutLines } from "./boxes.js";
import { dilated, median, quantile } from "./filters.js";
import { regions } from "./regions.js";
import { MOST_PIECES, widened } from "./ruled.js";
import { cheapestWay } from "./seams.js";

const JOINED = 2; // pixels: what is up to twice as far apart is one piece
const SLACK = 0.08; // of the shorter side, that a side is off its line at most
const NEAR = 0.02; // of it, that its ink is off the curve through its outline at most
const INK = 1; // what a pixel of a side costs
const AGAIN = 12; // if it is another's already
const PAPER = 50;
const GAPS = 0.1; // of a side, that may be paper
const OWN = 0.4; // of a side, that is no other's at least
const OVER = 0.2; // of the height, that a side goes beyond the one that it meets, at most
const SHORT = 0.09; // of the height, that it ends before it, at most
const MOST = 4; // sides that hang together
const BENT = 0.1; // of its length, that a side is off the line from end to end at most
const STEEP = 0.4; // of its length, that a side leans at most
const AT_END = 0.2; // of a piece's width, in which its first and last side are
const DOUBLE = 0.25; // of the height, that sides of two boxes are apart at most
const ROWS = 0.2; // of the height, from a piece's upper and lower side to lines between at least
const ROW = 0.6; // of the width, that such a line is ink at least
const CELL = 0.55; // of the height, that boxes are wide at least: there is one row of them
const NARROW = 0.7; // of what sides usually are apart, that two parts of one box are at most
const STUB = 0.15; // of the height, that what is left of a piece is at least

// What is `left` of the marked pixels by printed boxes, without the sides of drawn ones; strokes that
// cross or touch these stay. So does a lone box that holds nothing, since so may a digit look.
export function withoutDrawnBoxes(marked, left) {
  const found = regions(dilated(marked, JOINED));
  const isLarge = (place) =>
    found.bottoms[place] - found.tops[place] >= SMALLEST &&
    found.rights[place] - found.lefts[place] >= SMALLEST;
  let kept = left;
  for (const place of [...found.areas.keys()].filter(isLarge).slice(0, MOST_PIECES)) {
    // What is dilated is larger than the piece, but at the picture's edges.
    const [top, bottom] = inner(found.tops[place], found.bottoms[place], marked.height);
    const [first, end] = inner(found.lefts[place], found.rights[place], marked.width);
    const near = found.labels
      .cut(top, first, bottom, end)
      .map(Uint8Array, (label) => Number(label === place + 1));
    const all = marked.cut(top, first, bottom, end);
    const own = and(all, near);
    if (isDone(own, left.cut(top, first, bottom, end))) continue;
    const written = withoutSides(own, and(all, not(near)));
    if (!written) continue;
    if (kept === left) kept = left.copy();
    kept.clear(and(own, not(written)), top, first);
  }
  return kept;
}

// Where a piece is that was dilated to such places of so many.
function inner(first, end, length) {
  return [first ? first + JOINED : 0, end < length ? end - JOINED : length];
}

// Whether a piece was a printed box's, of which nothing is left.
function isDone(own, left) {
  const rest = and(own, left);
  if (sum(rest.data) === sum(own.data)) return false;
  const found = regions(rest);
  return found.bottoms.every((bottom, place) => bottom - found.tops[place] < STUB * own.height);
}

// One piece without the sides of the boxes that it is, else null; `others` are other pieces' pixels
// within.
function withoutSides(own, others) {
  const level = levelSides(own);
  if (!level) return null;
  const { height, width } = own;
  const [top, bottom] = level;
  const half = thickness(own, top) / 2 + 1;
  const tall = mean(bottom.map((row, column) => row - top[column]));
  const between = withoutLines(own, level, [], true);
  const upright = regular(uprightSides(own, between, top, bottom, half), tall);
  const places = upright.map((side) => mean(side) / width);
  if (places.length < 2 || places[0] > AT_END || places.at(-1) < 1 - AT_END) return null;
  const found = regions(withoutLines(own, level, upright, true));
  const isStub = [...found.areas.keys()].map((place) => {
    const high = found.bottoms[place] - found.tops[place];
    return Math.max(high, found.rights[place] - found.lefts[place]) < STUB * tall;
  });
  const written = found.labels.map(Uint8Array, (label) => Number(label && !isStub[label - 1]));
  // One box, or a digit.
  const isLone = width <= WIDE * height && upright.length === 2;
  return isLone && !holds(or(written, others), height) ? null : written;
}

// The upper and the lower side of the boxes in one row that a piece is, else null.
function levelSides(own) {
  const { height, width } = own;
  const shorter = Math.min(height, width);
  const [thickest, slack] = [Math.max(3, THICKEST * shorter), Math.max(2, SLACK * shorter)];
  const above = outlineOf(own, thickest, slack);
  const below = above && outlineOf(own.upsideDown(), thickest, slack);
  if (!below) return null;
  // A long row's left and right side are those of single boxes, which say little of it.
  if (width <= WIDE * height) {
    const turned = own.transposed();
    for (const side of [turned, turned.upsideDown()])
      if (!outlineOf(side, thickest, slack)) return null;
  }
  const foot = below.map((row) => height - 1 - row);
  const isFlat = foot.some((row, column) => row - above[column] < APART * height);
  if (isFlat || hasRows(own, above, foot)) return null;
  const reach = Math.max(2, NEAR * shorter) + thickness(own, above) / 2 + 1;
  return [middle(own, above, reach), middle(own, foot, reach)];
}

// Whether lines from side to side part a piece into rows of boxes.
function hasRows(own, top, bottom) {
  const { height, width } = own;
  const { data } = widened(widened(own));
  const step = (1 - 2 * ROWS) / (height - 1);
  for (let number = 0; number < height; number += 1) {
    const share = ROWS + number * step;
    let inked = 0;
    for (let column = 0; column < width; column += 1) {
      const row = rint(top[column] + share * (bottom[column] - top[column]));
      inked += data[Math.min(height - 1, Math.max(0, row)) * width + column];
    }
    if (inked / width > ROW) return true;
  }
  return false;
}

// The column at each row of what goes from the upper side to the lower one; `between` are the piece's
// pixels without these two, `half` is half of the sides' thickness, with some margin.
function uprightSides(own, between, top, bottom, half) {
  const found = regions(dilated(between));
  const level = and(own, not(between));
  const sides = [];
  for (const place of found.areas.keys()) {
    const [left, right] = [found.lefts[place], found.rights[place]];
    const column = Math.trunc((left + right) / 2);
    const [first, last] = [top[column], bottom[column]];
    const tall = last - first;
    const gaps = [found.tops[place] + 1 - first, last + 2 - found.bottoms[place]];
    const isNear = (gap) => gap >= -OVER * tall && gap <= SHORT * tall + half + 1;
    if (!gaps.every(isNear)) continue;
    const isOwn = (label) => Number(label === place + 1);
    const [from, to] = [found.tops[place], found.bottoms[place]];
    const near = found.labels.cut(from, left, to, right).map(Uint8Array, isOwn);
    if (!and(near, level.cut(from, left, to, right)).data.includes(1)) continue;
    const start = Math.ceil(first + half);
    const end = Math.trunc(last - half) + 1;
    const inside = found.labels.cut(start, left, end, right).map(Uint8Array, isOwn);
    const part = and(between.cut(start, left, end, right), inside);
    for (const way of waysDown(part, half)) {
      const shifted = way.map((at) => at + left);
      sides.push(continued(shifted, start, own.height));
    }
  }
  return sides;
}

// The ways through the ink of a piece from its top to its bottom, the column in each row.
function waysDown(own, half) {
  const { height, width } = own;
  const turned = own.transposed();
  const cost = own.map(Float64Array, (is) => (is ? INK : PAPER));
  const hasInk = (row) => cost.data.subarray(row * width, (row + 1) * width).includes(INK);
  const rows = Array.from({ length: height }, (_, row) => row);
  const ways = [];
  for (let number = 0; number < MOST; number += 1) {
    if (rows.filter(hasInk).length / height < OWN) break;
    const way = cheapestWay(cost);
    const costs = way.map((column, row) => cost.data[row * width + column]);
    const shareOf = (value) => costs.filter((each) => each === value).length / height;
    const lean = way.at(-1) - way[0];
    const off = way.map((column, row) =>
      Math.abs(column - way[0] - (lean * row) / Math.max(1, height - 1)),
    );
    const isWhole = shareOf(PAPER) <= GAPS && shareOf(INK) >= OWN;
    const isStraight = Math.max(...off) <= Math.max(2, BENT * height);
    if (!isWhole || !isStraight || Math.abs(lean) > STEEP * height) break;
    const line = middle(turned, Float64Array.from(way), half);
    own.data.forEach((is, at) => {
      const row = Math.trunc(at / width);
      if (is && Math.abs((at % width) - line[row]) <= half) cost.data[at] = AGAIN;
    });
    ways.push(line);
  }
  return ways;
}

// A way that goes on above and below its rows, from `start` on, as it leans on the whole.
function continued(way, start, height) {
  const end = start + way.length;
  const last = way.at(-1);
  const lean = (last - way[0]) / way.length;
  return Float64Array.from({ length: height }, (_, row) => {
    if (row < start) return way[0] + lean * (row - start);
    return row < end ? way[row - start] : last + lean * (row - end + 1);
  });
}

// Sides from left to right without those that halve a box, as a 1 does that is as high. None at all
// where they are nearer to each other than boxes' in one row.
function regular(sides, tall) {
  const ordered = sides.toSorted((one, other) => mean(one) - mean(other));
  const gaps = ordered.slice(1).map((side, before) => mean(side) - mean(ordered[before]));
  const wide = gaps.filter((gap) => gap > DOUBLE * tall);
  if (!wide.length) return ordered;
  const usual = median(wide);
  if (usual < CELL * tall) return [];
  const isNarrow = gaps.map((gap) => gap > DOUBLE * tall && gap < NARROW * usual);
  return ordered.filter((_, place) => !(isNarrow[place - 1] && isNarrow[place]));
}

// Pixels that the ink near a line usually is thick.
function thickness(own, line) {
  const { height, width, data } = own;
  const thick = [];
  for (let column = 0; column < width; column += 1) {
    let count = 0;
    for (let row = 0; row < height; row += 1) {
      if (data[row * width + column] && Math.abs(row - line[column]) <= height / 6) count += 1;
    }
    if (count) thick.push(count);
  }
  return quantile(thick, 0.4);
}

// The middle of the ink next to a line, that is off it by at most `reach` pixels.
function middle(own, line, reach) {
  const { height, width } = own;
  const far = Math.ceil(reach);
  const firsts = Array.from(line, (row) => rint(row) - far);
  const band = new Plane(width, 2 * far + 1, new Uint8Array(width * (2 * far + 1)));
  firsts.forEach((first, column) => {
    for (let place = 0; place <= 2 * far; place += 1) {
      const row = first + place;
      if (row >= 0 && row < height && own.data[row * width + column])
        band.data[column * band.width + place] = 1;
    }
  });
  const way = cheapestWay(band.map(Float64Array, (is) => (is ? INK : PAPER)));
  const known = [];
  way.forEach((place, column) => {
    const isInk = (at) => band.data[column * band.width + at] === 1;
    if (!isInk(place)) return;
    // From the ink's first row there to its last.
    let [first, last] = [place, place];
    while (first > 0 && place - first < far && isInk(first - 1)) first -= 1;
    while (last < 2 * far && last - place < far && isInk(last + 1)) last += 1;
    if (last - first < 2 * reach)
      known.push({ column, row: firsts[column] + (first + last) / 2 });
  });
  return known.length ? between(known, width) : line;
}

// The row at each column, in proportion between those that are known.
function between(known, width) {
  let next = 0;
  return Float64Array.from({ length: width }, (_, column) => {
    while (next < known.length && known[next].column < column) next += 1;
    const [before, after] = [known[next - 1], known[next]];
    if (!before || !after) return (before ?? after).row;
    const slope = (after.row - before.row) / (after.column - before.column);
    return before.row + slope * (column - before.column);
  });
}
