// A mark that may be several digits, as high as one: what the network for touching digits sees, as
// Python's images/strips.py has it.

import { Plane } from "./arrays.js";
import { quantile } from "./filters.js";
import { EDGE, INKED, fitted, triangles } from "./normalize.js";

const HIGH = 32; // pixels of a strip
export const STEP = 4; // pixels that its width is a multiple of
const FIT = 24; // pixels of the mark's height
const MARGIN = (HIGH - FIT) / 2; // on all sides at least
const WIDEST = 12; // times as wide as high; what is wider is no strip
const FULL = 0.9; // the share of the ink that is no stronger than what becomes white

const single = Math.fround; // sums are rounded as Python's, so that ties fall to the same side

// A mark scaled to a height: an `image` of bytes, white ink on black, whose width is a multiple of
// 4. The ink's first column's middle has the place `start` among its columns, and a column of the
// ink is `scale` of them wide.
class Strip {
  constructor(image, start, scale) {
    Object.assign(this, { image, start, scale });
  }

  // The column of the ink that a column of the strip shows.
  column(place) {
    return (place - this.start) / this.scale;
  }
}

// A mark's ink in [0, 1], 1 the full stroke, 24 pixels high, its aspect kept; null where there is
// none, or it is more than `WIDEST` times as wide as high.
export function strip(ink) {
  const [rows, columns] = [extent(ink), extent(ink.transposed())];
  if (rows === null) return null;
  const scale = FIT / rows.length;
  const wide = scale * columns.length;
  if (wide > WIDEST * FIT) return null;
  const width = STEP * Math.ceil((wide + 2 * MARGIN) / STEP);
  const startOf = (margin, { first }) => margin + scale * (0.5 - first) - 0.5;
  const start = startOf((width - wide) / 2, columns);
  const down = triangles(single(startOf(MARGIN, rows)), single(scale), ink.height, HIGH);
  const across = triangles(single(start), single(scale), ink.width, width);
  const levels = fitted(ink, down, across);
  const inked = levels.filter((level) => level > INKED);
  const full = single(inked.length ? Math.max(quantile(inked, FULL), INKED) : 1);
  // A clamped array rounds halves to the even number, as numpy does.
  const bytes = new Uint8ClampedArray(levels.map((level) => single(level / full) * 255));
  return new Strip(new Plane(HIGH, width, new Uint8Array(bytes)), start, scale);
}

// The first row with ink, and how many from there to the last; null where there is none.
function extent({ height, width, data }) {
  const inked = [...new Array(height).keys()].filter((row) =>
    data.subarray(row * width, (row + 1) * width).some((level) => level >= EDGE),
  );
  return inked.length ? { first: inked[0], length: inked.at(-1) + 1 - inked[0] } : null;
}
