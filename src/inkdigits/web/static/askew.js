// Another look at a page that lies askew, turned level: what stands beside its digits is told then,
// as Python's recognition/askew.py does.

import { mean } from "./arrays.js";
import { digitsOf, sureOf } from "./certainty.js";
import { median } from "./filters.js";
import { fitted } from "./slopes.js";
import { straightened } from "./straight.js";

const tangent = (degrees) => Math.tan((degrees * Math.PI) / 180);
const LEVEL = tangent(3); // of lines that need no turning
const STEEPEST = tangent(25); // of those that are turned
const UNEVEN = 0.15; // heights that digits stand higher or lower than their line, where it is short

// A page turned level; null where its lines are, or are too short to tell. `lines` were read of it.
export function levelledPage(ink, lines) {
  const rows = lines.map(({ digits }) => digits.map(({ box }) => box)).filter((row) => row.length);
  let squares = 0;
  for (const row of rows) {
    const middle = mean(row.map(({ column }) => column));
    for (const { column } of row) squares += (column - middle) ** 2;
  }
  if (!squares) return null;
  const { slope } = fitted(rows);
  const height = median(rows.flat().map((box) => box.height));
  // What digits that stand unevenly make of the slope, as a standard error.
  const least = Math.max(LEVEL, (UNEVEN * height) / Math.sqrt(squares));
  const fall = Math.abs(slope);
  return fall > least && fall < STEEPEST ? straightened(ink, slope) : null;
}

// Lines that were read of a page turned level, placed on it as it lies.
export const placedBack = (page, lines) =>
  lines.map((line) => ({
    ...line,
    digits: line.digits.map((digit) => digit.movedTo(page.back(digit.box))),
    signs: (line.signs ?? []).map((sign) => ({ ...sign, box: page.back(sign.box) })),
  }));

// Whether what was read says what it did before, but for digits that are signs now.
export function saysTheSame(lines, before) {
  const [read, known] = [lines, before].map(digitsOf);
  const signs = lines.flatMap((line) => line.signs ?? []);
  const sure = new Set(sureOf(known));
  const isThere = (digit) =>
    read.some(
      (other) => digit.isAt(other) && (digit.value === other.value || !sure.has(digit)),
    );
  return (
    known.every((digit) => isThere(digit) || signs.some((sign) => digit.isAt(sign))) &&
    read.every((digit) => known.some((other) => digit.isAt(other)))
  );
}
