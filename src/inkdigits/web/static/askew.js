// Another look at a page that lies askew, turned level: what stands beside its digits is told then,
// as Python's recognition/askew.py does.

import { digitsOf, sureOf } from "./certainty.js";
import { median } from "./filters.js";
import { LEVEL, fitted, tangent } from "./slopes.js";

const STEEPEST = tangent(25); // of lines whose page is turned
const UNEVEN = 0.15; // heights that digits stand higher or lower than their line, where it is short

// How far lines that were read fall, in pixels a pixel to the right; 0 where the page needs no
// turning: they are level, or too short to tell.
export function fallOf(lines) {
  const rows = lines.map(({ digits }) => digits.map(({ box }) => box)).filter((row) => row.length);
  if (rows.every((row) => row.length === 1)) return 0;
  const { slope, spread } = fitted(rows);
  const height = median(rows.flat().map((box) => box.height));
  // What digits that stand unevenly make of the slope, as a standard error.
  const least = Math.max(LEVEL, (UNEVEN * height) / Math.max(spread, 1));
  return Math.abs(slope) > least && Math.abs(slope) < STEEPEST ? slope : 0;
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
