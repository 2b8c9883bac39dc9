// Boxes and combs that a form prints for its digits, taken out of the ink, as Python's
// images/boxes.py does. Their outlines are nearly straight lines; lines that go from side to side part
// boxes. What is written may hide one of the outlines, and boxes may be open above. A comb is a line
// with bars on it.

import { and, mean, not, or, rint } from "./arrays.js";
import { dilated, quantile } from "./filters.js";
import { regions } from "./regions.js";
import { MOST_PIECES, parabola, widened } from "./ruled.js";
import { stripesOf, withoutBoth } from "./rulings.js";
import { STEEPEST } from "./slant.js";

export const SMALLEST = 20; // pixels, of a box's sides
const LOWEST = 6; // pixels that a comb is high at least
const STRAIGHT = 0.8; // of an outline, that lies on its line at least: digits may hang over it
const BEND = 0.03; // of its length, that it is bent by at most
const CORNER = 0.12; // of an outline from its ends, that may be another's
export const APART = 0.5; // of the piece, from one outline to the one across at least
export const THICKEST = 0.15; // of the shorter side, that lines are thick at most
const FREE = 0.25; // of a line, that nothing stands on at least
const LOW_THICKEST = 0.25; // of a comb's height, that its line and its bars are thick at most
const WHOLE = 0.9; // of a line between boxes, that is ink at least
export const JOINED = 2; // pixels: what is up to twice as far apart is one piece
const HELD = 0.3; // of a lone box's height, that something in it is high at least
const BROAD = 2; // times as thick as others, that sides of two open boxes are together at most
const FLAT = 0.05; // of its length, that a side is bent at most by whose ends tell where another is
const OFF = 1; // pixels, that its ink is off it at most
const NARROWEST = 0.5; // of its height, that an open box is wide at least
export const WIDE = 1.5; // of its height, that no digit is wide, and a comb is at least
const AROUND = 4; // pixels of paper around a piece, beyond which no stroke crosses its outlines
const BARS = 3; // of a comb, at least
const AS_HIGH = 0.8; // of its height, that an open box's sides are at least
const FLUSH = 1; // pixels, that the line goes on beyond these at most: ones may stand on a line, too
const TIE = 1e-6; // pixels: what is as near to two rows is nearer to the next
const UNEVEN = 0.35; // of the height of a comb's bars, that one is higher or lower at most

// The marked pixels without boxes' lines; strokes that cross or touch these are left. A lone box that
// holds nothing and is no field is left as well, since so may a digit look.
export function withoutBoxes(marked) {
  const found = regions(marked);
  const isLarge = (place) =>
    found.bottoms[place] - found.tops[place] >= LOWEST &&
    found.rights[place] - found.lefts[place] >= SMALLEST;
  const large = [...found.areas.keys()].filter(isLarge).slice(0, MOST_PIECES);
  let kept = marked;
  for (const place of large) {
    const { top, left, own } = found.part(place);
    const all = marked.cut(top, left, found.bottoms[place], found.rights[place]);
    const others = and(all, not(own));
    const written = withoutBox(own, others) ?? withoutComb(own);
    if (!written) continue;
    if (kept === marked) kept = marked.copy();
    kept.clear(and(own, not(written)), top, left);
  }
  return kept;
}

// One piece without the lines of the boxes that it is, else null; `others` are other pieces' pixels
// within.
function withoutBox(own, others) {
  const { height, width } = own;
  if (height < SMALLEST) return null;
  const thickest = Math.max(3, THICKEST * Math.min(height, width));
  const turned = own.transposed();
  const sides = sidesOf(own, turned, thickest);
  if (!sides) return null;
  const { top, bottom, left, right, isOpen } = sides;
  const isFlat = bottom.some((row, column) => row - top[column] < APART * height);
  if (isFlat || right.some((column, row) => column - left[row] < APART * width)) return null;
  const across = fromSideToSide(own, top, bottom, left, right, thickest).slice(Number(isOpen));
  const broadest = isOpen ? BROAD * thickest : thickest;
  const down = fromSideToSide(turned, left, right, top, bottom, broadest);
  const written = withoutLines(own, across, down);
  // One box, or an 8 of straight strokes.
  const isLone = width <= WIDE * height && down.length === 2 && across.length <= 3;
  if ((isLone || isOpen) && !holds(or(written, others), height)) return null;
  return written;
}

// The outlines of a piece, where they are lines, and whether the upper one is none; else null. One of
// them may be hidden by what is written over it. `turned` are the same pixels, rows for columns.
function sidesOf(own, turned, thickest) {
  const { height, width } = own;
  const seen = (view) => outlineOf(view, thickest);
  const beyond = (view) => seen(view.upsideDown())?.map((place) => view.height - 1 - place);
  let [left, right] = [seen(turned), beyond(turned)];
  if (!left && !right) return null; // as of most digits
  let [top, bottom] = [seen(own), beyond(own)];
  // Nothing hides the lower one from above.
  if (top && top.some((row) => row > APART * height)) top = null;
  if (left && right) {
    bottom ??= lineBetween(own, turned, [left, right], 1);
    const heads = !top && bottom && headsOf(own, turned, bottom, [left, right]);
    if (heads) return { top: heads, bottom, left, right, isOpen: true };
    if (bottom) top ??= lineBetween(own, turned, [left, right], 0);
  } else if (top && bottom) {
    left ??= lineBetween(turned, own, [top, bottom], 0);
    right ??= lineBetween(turned, own, [top, bottom], 1);
  }
  return top && bottom && left && right ? { top, bottom, left, right, isOpen: false } : null;
}

// From the first to the last of so many, evenly.
const evenly = (first, last, count) =>
  Float64Array.from({ length: count }, (_, place) => first + (place * (last - first)) / (count - 1));

// The line along the rows of a piece from one side's end to the other's, if one is: their upper ends
// for 0, the lower ones for 1.
function lineBetween(own, turned, sides, which) {
  const { height, width } = own;
  const ends = endsOf(turned, sides);
  if (!ends) return null;
  const half = (thicknessOf(turned, sides[0]) - 1) / 2;
  const [first, last] = ends.map((each) => each[which] + (which ? -half : half));
  const line = evenly(first, last, width);
  const { data } = widened(own);
  const clipped = (row) => Math.min(height - 1, Math.max(0, nearest(row)));
  const inked = Array.from(line, (row, column) => data[clipped(row) * width + column]);
  return mean(inked) >= WHOLE ? line : null;
}

// The line between the upper ends of the sides of boxes that are open above, if they are.
function headsOf(own, turned, bottom, sides) {
  const { height, width } = own;
  const [ends, foot] = [endsOf(turned, sides), extentOf(own, bottom)];
  if (!ends || !foot || width <= NARROWEST * height) return null;
  const [atLeft, atRight] = ends.map(([first]) => first);
  const level = height - Math.abs(bottom.at(-1) - bottom[0]);
  if (Math.min(bottom[0] - atLeft, bottom.at(-1) - atRight) < AS_HIGH * level) return null;
  const rows = [bottom[0], bottom.at(-1)].map((row) => Math.min(height - 1, Math.max(0, nearest(row))));
  const over = Math.max(...foot.map((column, end) => Math.abs(column - sides[end][rows[end]])));
  const thick = Math.max(...sides.map((side) => thicknessOf(turned, side)));
  const isFlush = over <= thick / 2 + 1 + FLUSH + TIE && thick <= thicknessOf(own, bottom) + 2;
  return isFlush ? evenly(atLeft, atRight, width) : null;
}

// Where two lines begin and end; null where one is bent, or is not ink.
function endsOf(own, lines) {
  const ends = [];
  for (const line of lines) {
    const chord = evenly(line[0], line.at(-1), line.length);
    const bend = Math.max(...line.map((row, column) => Math.abs(row - chord[column])));
    const extent = extentOf(own, line);
    if (!extent || bend > Math.max(1, FLAT * line.length)) return null;
    ends.push(extent);
  }
  return ends;
}

// The first and the last column in which a line is ink; null where it is not all between.
function extentOf({ height, width, data }, line) {
  const isInk = (row, column) => row >= 0 && row < height && data[row * width + column] === 1;
  const inked = [];
  for (let column = 0; column < width; column += 1) {
    const [first, last] = [Math.ceil(line[column] - OFF - TIE), Math.floor(line[column] + OFF + TIE)];
    for (let row = first; row <= last; row += 1) {
      if (!isInk(row, column)) continue;
      inked.push(column);
      break;
    }
  }
  if (!inked.length || inked.length < WHOLE * (inked.at(-1) + 1 - inked[0])) return null;
  return [inked[0], inked.at(-1)];
}

// The same of a line with bars on it, between digits and at its ends; else null.
function withoutComb(own) {
  const { height, width } = own;
  const thickest = Math.max(3, LOW_THICKEST * height);
  const below = width > WIDE * height ? outlineOf(own.upsideDown(), thickest) : null;
  if (!below) return null;
  const line = below.map((row) => height - 1 - row);
  const written = withoutLines(own, [line], []);
  const found = regions(written);
  const bars = [];
  for (const place of found.areas.keys()) {
    const [left, right] = [found.lefts[place], found.rights[place]];
    const foot = line[Math.trunc((left + right) / 2)];
    const isOnIt = Math.abs(found.bottoms[place] - foot) <= thickest;
    if (right - left > thickest + 2 || !isOnIt) continue;
    const isAtEnd = left <= thickest || right >= width - thickest;
    bars.push({ place, tall: foot - found.tops[place], isAtEnd });
  }
  const ends = bars.filter(({ isAtEnd }) => isAtEnd);
  if (ends.length !== 2) return null;
  const usual = (ends[0].tall + ends[1].tall) / 2;
  const even = bars.filter(({ tall }) => Math.abs(tall - usual) <= UNEVEN * usual);
  if (even.length < BARS) return null;
  const isBar = new Set(even.map(({ place }) => place));
  return found.mask(Array.from(found.areas, (_, place) => !isBar.has(place)));
}

// Whether something in a box of such a height is high enough to be a digit.
export function holds(marks, height) {
  const within = regions(dilated(marks.padded(JOINED, 0), JOINED));
  const isHigh = (end, place) => end - within.tops[place] - 2 * JOINED >= HELD * height;
  return within.bottoms.some(isHigh);
}

// The middle of the line that a piece is from above, the row at each column; null where it is none, or
// thicker than `thickest` pixels. It may be `slack` pixels off a parabola, where less than 2.5 count as
// none, and bent by so much more.
export function outlineOf(own, thickest, slack = 0) {
  const { height, width, data } = own;
  const corner = rint(CORNER * width);
  const columns = Array.from({ length: width - 2 * corner }, (_, place) => corner + place);
  const firstOf = (column, value, start) => {
    for (let row = start; row < height; row += 1)
      if (data[row * width + column] === value) return row;
    return null;
  };
  const rows = columns.map((column) => firstOf(column, 1, 0) ?? 0);
  const { line, near } = parabola(rows, columns, width);
  rows.forEach((row, place) => {
    if (Math.abs(line[corner + place] - row) < slack) near[place] = 1;
  });
  if (mean(near) < STRAIGHT) return null;
  const seen = line.slice(corner, width - corner);
  const rise = (seen.at(-1) - seen[0]) / (seen.length - 1);
  const bends = seen.map((row, place) => Math.abs(row - seen[0] - rise * place));
  if (Math.abs(rise) > STEEPEST || Math.max(...bends) > Math.max(2 + slack, BEND * width)) return null;
  const thick = columns
    .map((column, place) => (firstOf(column, 0, rows[place]) ?? height) - rows[place])
    .filter((_, place) => near[place]);
  const usual = quantile(Float64Array.from(thick), FREE);
  return usual <= thickest ? line.map((row) => row + (usual - 1) / 2) : null;
}

// The row that is nearest; half a pixel, to the last bit or not, is one.
export const nearest = (row) => Math.floor(row + 0.5 + TIE);

// Pixels that the ink near a line usually is thick.
export function thicknessOf(own, line) {
  const { height, width, data } = own;
  const [thick, far] = [[], Math.min(height, width) / 6];
  for (let column = 0; column < width; column += 1) {
    let count = 0;
    for (let row = 0; row < height; row += 1) {
      if (data[row * width + column] && Math.abs(row - line[column]) <= far) count += 1;
    }
    if (count) thick.push(count);
  }
  return quantile(thick, 0.4);
}

// The lines along the rows of a piece that go from side to side, from its `first` to its `last`
// outline, the row at each column; `start` and `end` are the others, the column at each row.
function fromSideToSide(own, first, last, start, end, thickest) {
  const { height, width } = own;
  const wide = widened(own).data;
  const steps = Math.ceil(Math.max(...first.map((row, column) => last[column] - row)));
  const lineAt = (step) => first.map((row, column) => row + (step / steps) * (last[column] - row));
  const isLine = (step) => {
    let [inked, within] = [0, 0];
    lineAt(step).forEach((place, column) => {
      const row = Math.min(height - 1, Math.max(0, nearest(place)));
      if (column <= start[row] || column >= end[row]) return;
      within += 1;
      inked += wide[row * width + column];
    });
    return inked >= Math.max(1, WHOLE * within);
  };
  const between = [];
  for (let begin = 0; begin <= steps; begin += 1) {
    if (!isLine(begin)) continue;
    let stop = begin + 1;
    while (stop <= steps && isLine(stop)) stop += 1;
    const isThin = stop - begin <= thickest + 2;
    const isInside = thickest + 2 < begin && stop < steps - thickest - 2;
    if (isThin && isInside) between.push(lineAt((begin + stop - 1) / 2));
    begin = stop;
  }
  return [first, ...between, last];
}

// A piece without lines along its rows and its columns; strokes that cross them are left. Where
// lines `areNear`, one may be next to another, which then is no stroke that crosses it.
export function withoutLines(own, across, down, areNear = false) {
  const marked = own.padded(AROUND, 0);
  const turned = marked.transposed();
  const around = (line) => {
    const row = (place) => line[Math.min(line.length - 1, Math.max(0, place - AROUND))] + AROUND;
    return { line: Float64Array.from({ length: line.length + 2 * AROUND }, (_, place) => row(place)) };
  };
  const stripes = stripesOf(marked, null, across.map(around));
  const upright = stripesOf(turned, null, down.map(around));
  const written = withoutBoth(marked, stripes, turned, upright, areNear);
  return written.cut(AROUND, AROUND, AROUND + own.height, AROUND + own.width);
}
