// Pieces in reading order: lines of text by their boxes alone, top to bottom, left to right, as
// Python's images/lines.py finds them.

import { rint } from "./arrays.js";
import { Box } from "./components.js";
import { median } from "./filters.js";
import { textSlope } from "./slopes.js";

const OVERLAP = 0.25; // of the lower one's height, for two pieces to stand in one line
const LAST = 3; // pieces of a line that the next one is compared with
const SMALL_REACH = 0.45; // heights up or down to a line of nothing but small pieces

// Group pieces into lines, each from left to right, also where the whole page lies askew. `height`
// is a typical digit's, in pixels; pieces of less than half of it begin no line where a digit
// stands near.
export function textLines(pieces, height) {
  const tall = pieces.map((piece) => piece.box).filter((box) => box.height > height / 2);
  const slope = textSlope(tall, height);
  if (!slope) return levelLines(pieces, height);
  const level = pieces.map((own) => ({ own, box: levelled(own.box, slope) }));
  return levelLines(level, height).map((line) => line.map(({ own }) => own));
}

// A box of the same size where its middle is once the page is turned level.
function levelled(box, slope) {
  const length = Math.hypot(1, slope);
  const right = rint((box.column + slope * box.row) / length - box.column);
  const lower = rint((box.row - slope * box.column) / length - box.row);
  return new Box(box.top + lower, box.left + right, box.bottom + lower, box.right + right);
}

function levelLines(pieces, height) {
  const lines = rowsOf(pieces.filter((piece) => piece.box.height > height / 2));
  for (const piece of pieces) {
    if (piece.box.height > height / 2) continue;
    const line = nearestLine(piece, lines, height);
    if (line) line.push(piece);
    else lines.push([piece]);
  }
  const middles = new Map(lines.map((line) => [line, median(line.map((piece) => piece.box.row))]));
  lines.sort((one, other) => middles.get(one) - middles.get(other));
  return lines.map((line) => line.toSorted((one, other) => one.box.column - other.box.column));
}

// Lines grown from left to right, each by what stands at the height of its end.
function rowsOf(pieces) {
  const lines = [];
  const ends = [];
  for (const piece of pieces.toSorted((one, other) => one.box.left - other.box.left)) {
    let [best, nearest] = [null, Infinity];
    for (const [place, end] of ends.entries()) {
      const overlap = Math.min(end.bottom, piece.box.bottom) - Math.max(end.top, piece.box.top);
      const distance = Math.abs(piece.box.row - end.row);
      const least = OVERLAP * Math.min(piece.box.height, end.height);
      if ((overlap > least || distance < end.height / 2) && distance < nearest) {
        [best, nearest] = [place, distance];
      }
    }
    if (best === null) {
      lines.push([piece]);
      ends.push(endOf([piece]));
    } else {
      lines[best].push(piece);
      ends[best] = endOf(lines[best]);
    }
  }
  return lines;
}

// Where a line's last pieces stand, the medians of their boxes.
function endOf(line) {
  const boxes = line.slice(-LAST).map((piece) => piece.box);
  const middle = (edge) => median(boxes.map((box) => box[edge]));
  return {
    top: middle("top"),
    bottom: middle("bottom"),
    height: middle("height"),
    row: middle("row"),
  };
}

// The line with a piece beside this one, at most 0.8 heights up or down, 2.5 along. Where all of a
// line that is near is small, as small digits beside large ones are, these are the heights that
// count, and at least half of a typical digit's.
function nearestLine(piece, lines, height) {
  const along = (other) => Math.abs(other.box.column - piece.box.column);
  let [best, nearest] = [null, 0.8 * height];
  for (const line of lines) {
    const near = line.filter((other) => along(other) < 2.5 * height);
    if (!near.length) continue;
    const beside = near.reduce((one, other) => (along(other) < along(one) ? other : one));
    const distance = Math.abs(beside.box.row - piece.box.row);
    const tallest = Math.max(...near.map((other) => other.box.height));
    const reach = Math.max(SMALL_REACH * height, 0.8 * tallest);
    if (distance < Math.min(nearest, reach)) [best, nearest] = [line, distance];
  }
  return best;
}
