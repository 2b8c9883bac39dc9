// What stands in a line, digits or not: its order, its words, and how sure its digits are, as Python's
// recognition/marks.py tells.

import { sum } from "./arrays.js";
import { SIDE } from "./normalize.js";

export const BARS_AND_RINGS = [0, 1]; // digits that many things look like
export const CLEAR_WORD = 0.97; // confidence of a digit that is surely one
const CLEAR_TOUCHING = 0.8; // the same of digits that touch
export const UNSURE = 0.22; // of digits, that are not, at most, or they are letters
export const TOLD = 5; // digits with a shape of their own, from which something follows
export const WORD_GAP = 0.8; // of the height, between words
const SOLID = 0.7; // of its box, that a disc takes at least
const ROUND = 0.8; // of its longer side, that its shorter one is
const FLAT = 0.2; // of its width, that a dash is high at most

// All that stands in a line, left to right.
export const marksOf = ({ digits, others }) =>
  [...digits, ...others].sort((one, other) => one.box.left - other.box.left);

// The same, parted where there is a wide gap.
export const wordsOf = (line) =>
  parted(marksOf(line), (one, other) => WORD_GAP * Math.max(one.height, other.height));

// Marks, left to right, parted where more pixels are between two than `gap` says of them.
export function parted(marks, gap) {
  const parts = [];
  for (const mark of marks) {
    const last = parts.at(-1)?.at(-1).box;
    if (last && mark.box.left - last.right <= gap(last, mark.box)) parts.at(-1).push(mark);
    else parts.push([mark]);
  }
  return parts;
}

// Whether what is no digit is more than a dash or what is left of a ruling.
export const isLetter = ({ box }) => box.height >= FLAT * box.width;

// Whether it is solid and round.
export const isDisc = ({ area, box: { height, width } }) =>
  area >= SOLID * height * width && Math.min(height, width) >= ROUND * Math.max(height, width);

// Digits with a shape of their own.
export const toldOf = (digits) => digits.filter(({ value }) => !BARS_AND_RINGS.includes(value));

// How many of them are digits without being surely so, as letters are.
export const unsureOf = (digits) =>
  digits.filter(({ confidence, isCut }) => confidence <= (isCut ? CLEAR_TOUCHING : CLEAR_WORD))
    .length;

// The mean column of the ink in each inked row of an image.
export function rowMiddles(image) {
  const middles = [];
  for (let start = 0; start < image.length; start += SIDE) {
    const row = image.subarray(start, start + SIDE);
    const total = sum(row);
    if (total > 128) middles.push(row.reduce((moment, level, k) => moment + level * k, 0) / total);
  }
  return middles;
}
