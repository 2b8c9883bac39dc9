// Boxes that somebody drew for digits, taken out of the ink, as Python's images/drawnboxes.py does.
// Their upper and lower sides are followed through the ink, and what goes through it from one to the
// other is a side as well.

import { and, mean, not, or, rint } from "./arrays.js";
import {
  APART,
  JOINED,
  SMALLEST,
  THICKEST,
  WIDE,
  holds,
  nearest,
  outlineOf,
  thicknessOf,
  withoutLines,
} from "./boxes.js";
import { dilated, median } from "./filters.js";
import { regions } from "./regions.js";
import { MOST_PIECES, widened } from "./ruled.js";
import { CELL, MOST, centre, waysDown } from "./throughink.js";

const SLACK = 0.08; // of the shorter side, that a side is off its line at most
const NEAR = 0.02; // of it, that its ink is off the curve through its outline at most
const INKED = 0.9; // of the upper or the lower side, that is ink at least: zeros side by side are round
const CLOSED = 0.93; // of the same, where nothing is written in the boxes
const OVER = 0.3; // of the height, that a side goes beyond the one that it meets, at most
const SHORT = 0.09; // of the height, that it ends before it, at most
// Less will do next to another side, at a piece's ends and where a side is missed:
const SHORTER = 0.2; // as SHORT
const EDGE = 0.12; // of the height, from a piece's ends at most
const AT_END = 0.2; // of a piece's width, in which its first and last side are
const MISSED = 2.5; // of what boxes are wide, in which these are where there are several
const DOUBLE = 0.25; // of the height, that sides of two boxes are apart at most
const ROWS = 0.2; // of the height, from a piece's upper and lower side to lines between at least
const ROW = 0.75; // of the width, that such a line is ink at least
const THIN = 0.01; // of the height, that such lines are off their place at most
const REACHING = 0.95; // of the height, that sides are ink which tell how wide boxes usually are
const NARROW = 1.4; // of that, that what lies on both sides of a stroke within a box is wide at most
const STUB = 0.15; // of the height, that what is left of a piece is at least

// What is `left` of the marked pixels by printed boxes, without the sides of drawn ones; strokes that
// cross or touch these stay. So do boxes that hold nothing and may be zeros.
export function withoutDrawnBoxes(marked, left) {
  const found = regions(dilated(marked, JOINED));
  const smallest = SMALLEST + 2 * JOINED;
  const isLarge = (place) =>
    found.bottoms[place] - found.tops[place] >= smallest &&
    found.rights[place] - found.lefts[place] >= smallest;
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
    if (isDone(and(own, left.cut(top, first, bottom, end)))) continue;
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

// Whether nothing high is left of a piece, which then was printed boxes'.
function isDone(left) {
  const found = regions(left);
  return found.bottoms.every((bottom, place) => bottom - found.tops[place] < STUB * left.height);
}

// One piece without the sides of the boxes that it is, else null; `others` are other pieces' pixels
// within.
function withoutSides(own, others) {
  const level = levelSides(own);
  const inked = level && Math.max(...level.map((side) => inkedShare(own, side, 1)));
  if (!level || inked < INKED) return null;
  const { height, width } = own;
  const half = thicknessOf(own, level[0]) / 2 + 1;
  const tall = heightOf(level);
  const { sides, unsure } = uprightSides(own, level, half);
  const upright = inOneRow(own, level, sides, unsure, half);
  const places = upright.map(mean);
  const cells = gapsOf(places).filter((gap) => gap > DOUBLE * tall);
  // The sides of a box at either end may not be found.
  const end = Math.max(AT_END * width, cells.length > 1 ? MISSED * median(cells) : 0);
  if (!cells.length || places[0] > end || places.at(-1) < width - end) return null;
  const found = regions(withoutLines(own, level, upright, true));
  const isWritten = [...found.areas.keys()].map((place) => {
    const high = found.bottoms[place] - found.tops[place];
    return Math.max(high, found.rights[place] - found.lefts[place]) >= STUB * tall;
  });
  const written = found.mask(isWritten);
  const mayBeZeros = cells.length === 1 ? width <= WIDE * height : inked < CLOSED;
  if (!mayBeZeros) return written;
  const isInside = [...found.areas.keys()].map(
    (place) => found.rights[place] > places[0] && found.lefts[place] < places.at(-1),
  );
  return holds(or(and(written, found.mask(isInside)), others), height) ? written : null;
}

// How far apart the upper and the lower side are.
const heightOf = ([top, bottom]) => mean(bottom.map((row, column) => row - top[column]));

const gapsOf = (places) => places.slice(1).map((place, before) => place - places[before]);

// The upper and the lower side of the boxes in one row that a piece is, else null.
function levelSides(own) {
  const { height, width } = own;
  const shorter = Math.min(height, width);
  const [thickest, slack] = [Math.max(3, THICKEST * shorter), SLACK * shorter];
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
  const reach = Math.max(2, NEAR * shorter) + thicknessOf(own, above) / 2 + 1;
  const level = [centre(own, above, reach), centre(own, foot, reach)];
  return level.includes(null) ? null : level;
}

// Whether lines from side to side part a piece into rows of boxes.
function hasRows(own, top, bottom) {
  const { height, width } = own;
  let wide = own;
  for (let times = Math.max(2, rint(THIN * height)); times; times -= 1) wide = widened(wide);
  const { data } = wide;
  const step = (1 - 2 * ROWS) / (height - 1);
  for (let number = 0; number < height; number += 1) {
    const share = ROWS + number * step;
    let inked = 0;
    for (let column = 0; column < width; column += 1) {
      const row = nearest(top[column] + share * (bottom[column] - top[column]));
      inked += data[Math.min(height - 1, Math.max(0, row)) * width + column];
    }
    if (inked / width > ROW) return true;
  }
  return false;
}

// The column at each row of what goes from the upper side to the lower one, and of what may; `half` is
// half of the sides' thickness, with some margin. None at all where there are more than boxes in one row
// can have.
function uprightSides(own, level, half) {
  const [top, bottom] = level;
  const between = withoutLines(own, level, [], true);
  const found = regions(dilated(between));
  const onLevel = and(own, not(between));
  const [sides, unsure] = [[], []];
  const most = MOST * (own.width / (CELL * heightOf(level)) + 1);
  for (const place of found.areas.keys()) {
    const [left, right] = [found.lefts[place], found.rights[place]];
    const column = Math.trunc((left + right) / 2);
    const [first, last] = [top[column], bottom[column]];
    const tall = last - first;
    const gaps = [found.tops[place] + 1 - first, last + 2 - found.bottoms[place]];
    const furthest = Math.max(...gaps);
    if (Math.min(...gaps) < -OVER * tall || furthest > SHORTER * tall + half + 1) continue;
    const onIt = onLevel.cut(found.tops[place], left, found.bottoms[place], right);
    const isOnIt = and(found.part(place).own, onIt).data.includes(1);
    const isSure = furthest <= SHORT * tall + half + 1 && isOnIt;
    const start = Math.ceil(first + half);
    const end = Math.trunc(last - half) + 1;
    const inside = found.labels
      .cut(start, left, end, right)
      .map(Uint8Array, (label) => Number(label === place + 1));
    const part = and(between.cut(start, left, end, right), inside);
    for (const { line, isSide } of waysDown(part, half)) {
      const shifted = line.map((at) => at + left);
      (isSure && isSide ? sides : unsure).push(continued(shifted, start, own.height));
    }
    if (sides.length > most) return { sides: [], unsure: [] };
  }
  return { sides, unsure };
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
// where they are nearer to each other than boxes' in one row. What is `unsure` is a side next to another
// and where one is missed.
function inOneRow(own, level, sides, unsure, half) {
  const tall = heightOf(level);
  const groups = []; // of one side, or of two boxes' next to each other
  for (const side of sides.toSorted((one, other) => mean(one) - mean(other))) {
    const last = groups.at(-1);
    if (last && mean(side) - mean(last.at(-1)) <= DOUBLE * tall) last.push(side);
    else groups.push([side]);
  }
  const places = groups.map((group) => mean(group.map(mean)));
  const isWhole = groups.map((group) =>
    group.some((side) => reachOf(own, level, side, half) >= REACHING),
  );
  const whole = places.filter((_, place) => isWhole[place]);
  const gaps = gapsOf(whole.length > 1 ? whole : places);
  const usual = gaps.length ? median(gaps) : own.width;
  if (usual < CELL * tall) return [];
  const isHalf = (place) => places[place + 1] - places[place - 1] < NARROW * usual;
  const kept = [...groups.keys()].filter((place) => !isHalf(place));
  const row = kept.flatMap((place) => groups[place]);
  const [width, beside] = [own.width, DOUBLE * tall];
  const missed = missedOf(kept.map((place) => places[place]), usual, width);
  const inner = [...row.map(mean), ...missed].filter((at) => at > beside && at < width - beside);
  for (const side of unsure) {
    const place = mean(side);
    const isAtEnd = Math.min(place, width - 1 - place) <= EDGE * tall;
    if (isAtEnd || inner.some((at) => Math.abs(at - place) <= beside)) row.push(side);
  }
  return row.toSorted((one, other) => mean(one) - mean(other));
}

// Where sides are missed, between these, and a piece's ends, if boxes are as wide as usual.
function missedOf(places, usual, width) {
  const all = [0, ...places, width];
  return all.slice(1).flatMap((last, before) => {
    const first = all[before];
    const count = Math.max(1, rint((last - first) / usual));
    const numbers = Array.from({ length: count - 1 }, (_, number) => number + 1);
    return numbers.map((number) => first + ((last - first) * number) / count);
  });
}

// The share of the rows between the upper and the lower side in which an upright one is ink.
function reachOf(own, [top, bottom], side, half) {
  const column = Math.min(own.width - 1, Math.max(0, nearest(mean(side))));
  const [first, end] = [Math.max(0, Math.ceil(top[column])), Math.trunc(bottom[column]) + 1];
  const turned = own.cut(first, 0, end, own.width).transposed();
  return inkedShare(turned, side.slice(first, end), half);
}

// The share of a line along the columns that is ink within `half` pixels of it.
function inkedShare({ height, width, data }, line, half) {
  let inked = 0;
  for (let column = 0; column < width; column += 1) {
    for (let row = 0; row < height; row += 1) {
      if (!data[row * width + column] || Math.abs(row - line[column]) > half) continue;
      inked += 1;
      break;
    }
  }
  return inked / width;
}
