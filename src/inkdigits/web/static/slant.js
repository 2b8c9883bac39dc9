// How a page's long lines slant, and the page sheared until they are level, as Python's
// images/slant.py does.

import { Plane, extremes, rint } from "./arrays.js";

export const STEEPEST = 0.2; // slope, in rows a column, that is looked for
const [COARSE, FINE] = [0.04, 0.01]; // steps of it
const LEVEL = 0.015; // slope below which a page is as good as level
const [STRIP, STRIPS] = [64, 12]; // columns of a strip, and how many are looked at
const SAMPLED = 4; // columns, of which one is looked at
const MORE = 1.15; // of a page; of one piece, strokes are as much as a line

// How many rows down each column of a mask goes, for its lines to be level; null where they are.
// `more`: times as much as a level page's, that a slope's sum of squares is.
export function levelling(marked, more = MORE) {
  const slope = slopeOf(marked, more);
  if (!slope) return null;
  const falls = Int32Array.from({ length: marked.width }, (_, column) => rint(slope * column));
  const most = extremes(falls)[1];
  return falls.map((fall) => most - fall);
}

// What `look` makes of a mask whose lines are level, a mask of the same size or null, sheared back.
export function levelled(marked, look) {
  const shifts = levelling(marked);
  const found = look(shifts ? sheared(marked, shifts) : marked);
  return shifts && found ? shearedBack(found, shifts) : found;
}

// Rows that the lines along the rows of a mask fall from column to column; 0 where they are level,
// or where nothing slants more clearly than it is level.
function slopeOf(marked, more) {
  const pixels = sampledPixels(marked);
  if (!pixels.within.length) return 0;
  let [best, most, level] = [0, -1, 0];
  const look = (slope) => {
    const sharpness = sharpnessAlong(slope, pixels);
    if (slope === 0) level = sharpness;
    if (sharpness > most) [best, most] = [slope, sharpness];
  };
  const steps = Math.round(STEEPEST / COARSE) - 1;
  for (let step = -steps; step <= steps; step += 1) look(step * COARSE);
  const [near, finer] = [best, Math.round(COARSE / FINE)];
  for (let step = 1 - finer; step < finer; step += 1) if (step) look(near + FINE * step);
  return Math.abs(best) > LEVEL && most > more * level ? best : 0;
}

// Of every marked pixel in some columns of some strips: where it would be counted if all were
// level, and its column within its strip.
function sampledPixels({ height, width, data }) {
  const apart = STRIP * Math.max(1, Math.trunc(width / (STRIP * STRIPS)));
  const fall = Math.trunc(STEEPEST * STRIP) + 1; // rows, of a strip
  const rows = height + 2 * fall;
  const [places, within] = [[], []];
  let strip = 0;
  for (let left = 0; left < width; left += apart, strip += 1) {
    for (let column = 0; column < STRIP && left + column < width; column += SAMPLED) {
      for (let row = 0; row < height; row += 1) {
        if (!data[row * width + left + column]) continue;
        places.push(strip * rows + row + fall);
        within.push(column / SAMPLED);
      }
    }
  }
  return { places, within, size: strip * rows };
}

// The sum of squares of how many pixels lie in each row of each strip, if rows fall so much.
function sharpnessAlong(slope, { places, within, size }) {
  const falls = Array.from({ length: STRIP / SAMPLED }, (_, column) =>
    rint(slope * SAMPLED * column),
  );
  const counts = new Int32Array(size);
  for (let k = 0; k < places.length; k += 1) counts[places[k] - falls[within[k]]] += 1;
  let total = 0;
  for (const count of counts) total += count * count;
  return total;
}

// Each column of a mask moved down by its shift, 0 or more.
export function sheared({ height, width, data }, shifts) {
  const rows = height + extremes(shifts)[1];
  const moved = new Uint8Array(rows * width);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      moved[(row + shifts[column]) * width + column] = data[row * width + column];
    }
  }
  return new Plane(rows, width, moved);
}

// What `sheared` made its argument, from what it gave.
export function shearedBack({ height, width, data }, shifts) {
  const rows = height - extremes(shifts)[1];
  const back = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < width; column += 1) {
      back[row * width + column] = data[(row + shifts[column]) * width + column];
    }
  }
  return new Plane(rows, width, back);
}
