// What a mark's strokes tell, as Python's images/strokes.py has it: how thick they are, and whether
// one goes through all of it.

import { sum } from "./arrays.js";
import { strip } from "./strips.js";

const INKED = 90; // level of 255
const ENDS = 3; // columns at either side
const THIN = 2; // thicknesses of strokes, that ink there is high at most
const BOWED = 1.5; // pixels that a straight line may be bowed
const REST = 0.15; // of what is beside such a line, that lies on either side of it

export const THIN_ENDS = 1; // something with thin ends at both sides
export const LINE = 2; // a straight line from one side to the other

// What may strike out several digits in a mark's ink in [0, 1], 1 the full stroke.
export function strokeAlong(ink) {
  const shown = strip(ink);
  return shown && strokeThrough(shown.image);
}

// What may strike out white ink on black, a plane of bytes: `LINE`, `THIN_ENDS`, or 0 for nothing.
export function strokeThrough(image) {
  const inked = withoutSides(image.map(Uint8Array, (level) => level > INKED));
  if (inked === null) return 0;
  const { height, width, data } = inked;
  const thick = thicknessOf(inked);
  const places = [...new Array(width).keys()];
  const ends = [...places.slice(0, ENDS), ...places.slice(-ENDS)];
  if (Math.max(...ends.map((column) => longestRun(inked, column))) > THIN * thick + 0.5) return 0;
  const start = middleOf(inked, [0, 1]);
  const slope = (middleOf(inked, [width - 2, width - 1]) - start) / (width - 2);
  const belowOf = (row, column) => row - (start + slope * (column - 0.5));
  const near = thick / 2 + 1;
  const sides = [0, 0]; // pixels above and below the line
  for (let column = 0; column < width; column += 1) {
    let isOnLine = false;
    for (let row = 0; row < height; row += 1) {
      if (!data[row * width + column]) continue;
      const below = belowOf(row, column);
      isOnLine ||= Math.abs(below) <= BOWED;
      if (Math.abs(below) / Math.hypot(1, slope) > near) sides[Number(below > 0)] += 1;
    }
    if (!isOnLine) return THIN_ENDS;
  }
  return Math.min(...sides) > REST * sum(sides) ? LINE : THIN_ENDS;
}

// From the first column with ink to the last; null where there are too few for two ends.
function withoutSides(inked) {
  const { height, width, data } = inked;
  const hasInk = (column) => {
    for (let place = column; place < data.length; place += width) if (data[place]) return true;
    return false;
  };
  const columns = [...new Array(width).keys()].filter(hasInk);
  if (!columns.length || columns.at(-1) - columns[0] < 2 * ENDS) return null;
  return inked.cut(0, columns[0], height, columns.at(-1) + 1);
}

// The pixels of the longest run of ink down a column.
function longestRun({ width, data }, column) {
  let [run, longest] = [0, 0];
  for (let place = column; place < data.length; place += width) {
    run = data[place] ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

// The row that some columns' ink lies around.
function middleOf({ height, width, data }, columns) {
  let [moment, count] = [0, 0];
  for (let row = 0; row < height; row += 1) {
    for (const column of columns) {
      moment += row * data[row * width + column];
      count += data[row * width + column];
    }
  }
  return moment / count;
}

// Pixels, of a mask's strokes: twice their area by the length of their outline.
export function thicknessOf({ height, width, data }) {
  let outline = 0;
  const at = (row, column) =>
    row >= 0 && column >= 0 && row < height && column < width ? data[row * width + column] : 0;
  for (let row = 0; row <= height; row += 1) {
    for (let column = 0; column <= width; column += 1) {
      outline += Number(at(row, column) !== at(row - 1, column));
      outline += Number(at(row, column) !== at(row, column - 1));
    }
  }
  return (2 * sum(data)) / outline;
}
