// What a mark's strokes tell, as Python's images/strokes.py has it: how thick they are, and whether
// one goes through all of it.

import { extremes, mean, sum } from "./arrays.js";
import { strip } from "./strips.js";

const INKED = 90; // level of 255
const ENDS = 3; // columns at either side
const THIN = 2; // thicknesses of strokes, that ink there is high at most, the more so on a slope
const BOWED = 1.5; // pixels that a straight line may be bowed
const REST = 0.15; // of what is beside such a line, that lies on either side of it
// Pixels of such a line with nothing beside, at each of its ends.
const FREE = 3;
const FAR = 4.5;

export const THIN_ENDS = 1; // something with thin ends at both sides
export const SHORT = 2; // a straight line from one side to the other that hardly sticks out there
export const LINE = 3; // one that does
export const LONG = 4; // one that sticks out far

// What may strike out several digits in a mark's ink in [0, 1], 1 the full stroke.
export function strokeAlong(ink) {
  const shown = strip(ink);
  return shown && strokeThrough(shown.image);
}

// What may strike out white ink on black, a plane of bytes: one of these, or 0 for nothing.
export function strokeThrough(image) {
  const inked = withoutSides(image.map(Uint8Array, (level) => level > INKED));
  if (inked === null) return 0;
  const thick = thicknessOf(inked);
  const near = thick / 2 + 1;
  const pixels = pixelsOf(inked);
  const along = lineAlong(inked, pixels, near);
  const places = [...new Array(inked.width).keys()];
  const ends = [...places.slice(0, ENDS), ...places.slice(-ENDS)];
  const highest = Math.max(...ends.map((column) => longestRun(inked, column)));
  const most = THIN * thick + 0.5;
  const line = lineOf(pixels, inked.width, along, near);
  if (line && highest <= most * Math.hypot(1, along.slope)) return line;
  return highest <= most ? THIN_ENDS : 0;
}

// The row at column 0 and the slope of the line along the ink near the one between its ends.
function lineAlong(inked, pixels, near) {
  const { width } = inked;
  const first = middleOf(inked, [0, 1]);
  const slope = (middleOf(inked, [width - 2, width - 1]) - first) / (width - 2);
  const start = first - slope / 2;
  // Ends by themselves lead astray, round or cut as they are.
  const most = near * Math.hypot(1, slope);
  const close = pixels.filter(([row, column]) => Math.abs(row - start - slope * column) <= most);
  return columnsOf(close) < 2 ? { start, slope } : fitted(close);
}

// What a line is that ink is on in all columns, and on either side of it; 0 for none.
function lineOf(pixels, width, { start, slope }, near) {
  const steep = Math.hypot(1, slope);
  const belowOf = ([row, column]) => row - start - slope * column;
  const alongOf = ([row, column]) => (column + slope * row) / steep;
  const onIt = pixels.filter((pixel) => Math.abs(belowOf(pixel)) <= BOWED);
  const beside = pixels.filter((pixel) => Math.abs(belowOf(pixel)) > near * steep);
  const above = beside.length ? mean(beside.map((pixel) => Number(belowOf(pixel) < 0))) : 0;
  if (columnsOf(onIt) < width || Math.min(above, 1 - above) <= REST) return 0;
  const [all, off] = [pixels, beside].map((some) => extremes(some.map(alongOf)));
  const free = Math.min(off[0] - all[0], all[1] - off[1]);
  if (free < FREE) return SHORT;
  return free < FAR ? LINE : LONG;
}

// How many columns some pixels are in.
const columnsOf = (pixels) => new Set(pixels.map(([, column]) => column)).size;

// The row and column of each pixel of ink.
function pixelsOf({ width, data }) {
  const pixels = [];
  data.forEach((own, place) => {
    if (own) pixels.push([Math.trunc(place / width), place % width]);
  });
  return pixels;
}

// The line with the least squares of rows from it: its slope, and the row at column 0.
function fitted(pixels) {
  const sumOf = (value) => sum(pixels.map(value));
  const [across, down] = [sumOf(([, column]) => column), sumOf(([row]) => row)];
  const spread = pixels.length * sumOf(([, column]) => column * column) - across * across;
  const together = pixels.length * sumOf(([row, column]) => row * column) - across * down;
  const slope = together / spread;
  return { slope, start: (down - slope * across) / pixels.length };
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
