// Scales, as of a ruler beside the page, whose marks would be read as ones, as Python's
// images/scales.py finds them.

import { Box } from "./components.js";
import { median, quantile } from "./filters.js";
import { runs } from "./runs.js";

const FEWEST = 12; // marks of a scale
const SLIM = 0.4; // of a mark's height, its width at most
const APART = 6; // the same, from its middle to the next's; others, between these, may touch
const CLOSE = 0.75; // of a low one's height: from one to the next, most often
const IN_LINE = 0.05; // of its height: how much lower the next may stand
const TILT = 0.08; // the same, of the way to it
const NEAR = 1.5; // of its height, the way after which it may stand no lower yet
const AT_LEAST = 1.5; // pixels that it may, however low
const LOW = 0.1; // share of the marks that are at most as high as the low ones
const HIGHER = 1.3; // times a low one, the highest at least; ones in print are alike
const MANY = 0.4; // share of the marks that are alike
const ALIKE = 0.08; // of a low one's height, that these are at most higher

// Ways to turn a box so that what stood on one of its sides stands on its bottom.
const TURNS = [
  ({ top, left, bottom, right }) => new Box(top, left, bottom, right),
  ({ top, left, bottom, right }) => new Box(-bottom, left, -top, right),
  ({ top, left, bottom, right }) => new Box(left, top, right, bottom),
  ({ top, left, bottom, right }) => new Box(-right, top, -left, bottom),
];

// All but the marks of scales along any side of them, and what stands between those. They stand in
// line, most as low as the lowest and some higher, as no hand would write ones.
export function withoutScales(pieces) {
  if (pieces.length < FEWEST) return pieces;
  const among = TURNS.flatMap((turn) => amongMarks(pieces.map(({ box }) => turn(box))));
  const places = new Set(among);
  return pieces.filter((piece, place) => !places.has(place));
}

// The places of boxes that are marks of a scale that they stand on, or between such.
function amongMarks(all) {
  const boxes = all.map((box, place) => ({ box, place }));
  const slim = boxes.filter(({ box }) => box.width <= SLIM * box.height);
  slim.sort((one, other) => one.box.column - other.box.column);
  return runs(slim, isNear, isInLine).filter(isScale).flatMap((marks) => {
    const heights = marks.map(({ box }) => box.height);
    const [reach, highest] = [Math.min(...heights), Math.max(...heights)];
    const left = marks[0].box.left - reach;
    const right = marks.at(-1).box.right + reach;
    const between = boxes.filter(
      ({ box }) =>
        box.right >= left &&
        box.left <= right &&
        box.height <= highest &&
        Math.abs(box.bottom - foot(marks, box.column)) <= Math.max(AT_LEAST, IN_LINE * box.height),
    );
    return [...between, ...marks].map(({ place }) => place);
  });
}

// On which row the marks of a scale stand at a column.
function foot(marks, column) {
  const next = marks.findIndex(({ box }) => box.column > column);
  if (next === 0) return marks[0].box.bottom;
  if (next < 0) return marks.at(-1).box.bottom;
  const [one, other] = [marks[next - 1].box, marks[next].box];
  const slope = (other.bottom - one.bottom) / (other.column - one.column);
  return slope * (column - one.column) + one.bottom;
}

const isNear = ({ box: one }, { box: other }) => other.column - one.column <= APART * other.height;

function isInLine({ box: one }, { box: other }) {
  const way = TILT * Math.min(other.column - one.column, NEAR * other.height);
  const lower = Math.abs(one.bottom - other.bottom);
  return lower <= Math.max(AT_LEAST, IN_LINE * other.height + way);
}

// Whether marks in line, from left to right, are so many, close and high as a scale's.
function isScale(marks) {
  if (marks.length < FEWEST) return false;
  const heights = marks.map(({ box }) => box.height);
  const low = quantile(heights, LOW);
  const ways = marks.slice(1).map(({ box }, place) => box.column - marks[place].box.column);
  return (
    Math.max(...heights) >= HIGHER * low &&
    quantile(heights, MANY) - low <= Math.max(1, ALIKE * low) &&
    median(ways) <= CLOSE * low
  );
}
