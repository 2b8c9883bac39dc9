// Pieces in reading order: lines of text by their boxes alone, top to bottom, left to right, as
// Python's images/lines.py finds them.

import { median } from "./filters.js";

const OVERLAP = 0.35; // of the lower one's height, for two pieces to stand in one line
const LAST = 3; // pieces of a line that the next one is compared with

// Group pieces into lines, each from left to right. `height` is a typical digit's, in pixels;
// pieces of less than half of it begin no line where a digit stands near.
export function textLines(pieces, height) {
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
  for (const piece of pieces.toSorted((one, other) => one.box.left - other.box.left)) {
    let [best, nearest] = [null, Infinity];
    for (const line of lines) {
      const end = line.slice(-LAST).map((other) => other.box);
      const middle = (edge) => median(end.map((box) => box[edge]));
      const tall = middle("height");
      const overlap = Math.min(middle("bottom"), piece.box.bottom) - Math.max(middle("top"), piece.box.top);
      const distance = Math.abs(piece.box.row - middle("row"));
      const fits = overlap > OVERLAP * Math.min(piece.box.height, tall) || distance < tall / 2;
      if (fits && distance < nearest) [best, nearest] = [line, distance];
    }
    if (best) best.push(piece);
    else lines.push([piece]);
  }
  return lines;
}

// The line with a piece beside this one, at most 0.8 heights up or down, 2.5 along.
function nearestLine(piece, lines, height) {
  const along = (other) => Math.abs(other.box.column - piece.box.column);
  let [best, nearest] = [null, 0.8 * height];
  for (const line of lines) {
    const beside = line.reduce((one, other) => (along(other) < along(one) ? other : one));
    const distance = Math.abs(beside.box.row - piece.box.row);
    if (distance < nearest && along(beside) < 2.5 * height) [best, nearest] = [line, distance];
  }
  return best;
}
