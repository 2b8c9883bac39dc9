// Digits in the midst of a number that the network rather takes for none, as Python's
// recognition/amid.py finds them. A number that lost a digit is worse than one in which a digit has
// little confidence.

import { SURE } from "./certainty.js";
import { median } from "./filters.js";
import { WORD_GAP, marksOf } from "./marks.js";
import { OTHER } from "./operators.js";

const LEAST = 0.03; // confidence of such a one
const HEIGHTS = [0.75, 1.4]; // of its line's digits, that it has
const DIGITS = 3; // that its line surely has

// Lines with signs; what is none, but stands between two digits as one does, is a digit.
export const withDigitsAmid = (lines) => lines.map(lineWithDigitsAmid);

function lineWithDigitsAmid(line) {
  if (line.digits.filter(({ confidence }) => confidence > SURE).length < DIGITS) return line;
  const known = line.signs.filter(({ text }) => text !== OTHER);
  const found = amid(line).filter((mark) => !known.some((sign) => meet(mark.box, sign.box)));
  if (!found.length) return line;
  const digits = [...line.digits, ...found].sort((one, other) => one.box.column - other.box.column);
  const signs = line.signs
    .filter((sign) => !found.some((mark) => meet(mark.box, sign.box)))
    .map((sign) => ({
      ...sign,
      place: digits.filter(({ box }) => box.column < sign.box.column).length,
    }));
  return { ...line, digits, others: line.others.filter((mark) => !found.includes(mark)), signs };
}

// What is perhaps a digit, as high as its line's, between two of these that are near.
function amid(line) {
  const height = median(line.digits.map(({ box }) => box.height));
  const [lowest, highest] = HEIGHTS.map((share) => share * height);
  const marks = marksOf(line);
  return marks.filter((mark, place) => {
    const beside = [marks[place - 1], marks[place + 1]];
    if (line.digits.includes(mark) || !beside.every((other) => line.digits.includes(other)))
      return false;
    const { box, confidence } = mark;
    const [before, after] = beside.map((other) => other.box);
    const gap = Math.max(box.left - before.right, after.left - box.right);
    const isBeside = [before, after].every(({ top, bottom }) => top < box.row && box.row < bottom);
    const isAsHigh = lowest <= box.height && box.height <= highest;
    return isAsHigh && isBeside && gap <= WORD_GAP * height && confidence >= LEAST;
  });
}

// Whether two boxes have pixels in common.
const meet = (one, other) =>
  Math.min(one.bottom, other.bottom) > Math.max(one.top, other.top) &&
  Math.min(one.right, other.right) > Math.max(one.left, other.left);
