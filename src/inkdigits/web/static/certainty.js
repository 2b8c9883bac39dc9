// How sure what was read of a page is, as Python's recognition/certainty.py tells.

export const SURE = 0.9; // confidence of a digit, at least
const MOST = 0.75; // of all digits of a number, that are sure, at least
const BAR = 1; // a digit that any upright stroke looks like

// All lines' digits.
export const digitsOf = (lines) => lines.flatMap((line) => line.digits);

// Those that are sure.
export const sureOf = (digits) => digits.filter(({ confidence }) => confidence >= SURE);

// Whether digits are several, surely digits for the most part, and not ones alone.
export function isNumber(lines) {
  const digits = digitsOf(lines);
  const sure = sureOf(digits);
  const isMost = sure.length >= Math.max(2, MOST * digits.length);
  return isMost && sure.some(({ value }) => value !== BAR);
}

// Whether what was read is a number, and more of it sure than of another reading.
export const isSurer = (lines, others) =>
  isNumber(lines) && sureOf(digitsOf(lines)).length > sureOf(digitsOf(others)).length;
