// Which operator a mark's shape is, as Python's recognition/operators.py tells.

import { sum } from "./arrays.js";

export const [EQUALS, PLUS, TIMES, DASH] = ["=", "+", "\u00d7", "-"];
export const OTHER = " "; // a mark between two digits that is no sign

const CROSS_SQUARE = 0.5; // shorter side of the longer, at least
const CROSS_ARMS = 2; // ink in them, of that between, at least
const EQUALS_PARTED = 0.4; // of its columns, in which its bars do not touch, at least
const EQUALS_MIDST = 1 / 9; // of its ink, in the middle of it, at most

// Whether a flat mark is one dash, or two that touch somewhere.
export function barsOf(mark) {
  const { height, width, data } = mark.own;
  let parted = 0;
  for (let column = 0; column < width; column += 1) {
    let runs = 0;
    for (let row = 0; row < height; row += 1) {
      const place = row * width + column;
      if (data[place] && !(row && data[place - width])) runs += 1;
    }
    if (runs > 1) parted += 1;
  }
  return parted > EQUALS_PARTED * width && ninthsOf(mark)[4] < EQUALS_MIDST ? EQUALS : DASH;
}

// Which operator a large mark is.
export function operatorOf(mark) {
  const { height, width } = mark.box;
  if (width > height && barsOf(mark) === EQUALS) return EQUALS;
  if (Math.min(height, width) < CROSS_SQUARE * Math.max(height, width)) return OTHER;
  const ink = ninthsOf(mark);
  const corners = ink[0] + ink[2] + ink[6] + ink[8];
  const edges = ink[1] + ink[3] + ink[5] + ink[7];
  if (edges > CROSS_ARMS * corners) return PLUS;
  return corners > CROSS_ARMS * edges ? TIMES : OTHER;
}

// The share of a mark's ink in each ninth of its box, row by row.
function ninthsOf({ own: { height, width, data } }) {
  const ninths = new Float64Array(9);
  data.forEach((isInk, place) => {
    const row = Math.trunc((3 * Math.trunc(place / width)) / height);
    const column = Math.trunc((3 * (place % width)) / width);
    ninths[3 * row + column] += isInk;
  });
  const total = sum(ninths);
  return ninths.map((ink) => ink / total);
}
