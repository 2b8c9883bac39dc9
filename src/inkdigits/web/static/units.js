// What numbers are of: kg, °C, %, km/h behind them, letters of which some look like digits, as
// Python's recognition/units.py tells them.

import { sum } from "./arrays.js";
import { SURE } from "./certainty.js";
import { CLEAR_WORD, isLetter, toldOf } from "./marks.js";
import { namesOf } from "./names.js";
import { LOW, Row, goesOn, hangs, isSure, slopeOf } from "./rows.js";

const LONGEST = 5; // marks of a unit, at most
const LONGEST_OF_ONE = 4; // of one behind a single digit
const STRAY = 3; // letters that are of no unit, at most; nor more than there are units
// All lengths are shares of the height of the digits before a unit.
const [NEAREST, FURTHEST] = [0.12, 1]; // from these to it
const WIDER = 1.5; // the same, of gaps within it, at least
const NEXT = 0.75; // from it to the next mark, at least: signs are nearer
const LOWER = 0.75; // height of an i, at most
const SURELY_HANGING = 0.3; // how much lower than theirs the top of a g by itself is
const SPACE = 0.3; // before what looks like a digit and begins a unit, at least
const SPACE_WIDER = 1.2; // the same, of gaps between the number's digits
const BAR = 1; // a digit that strokes look like

// Lines without what stands in them behind numbers and before them, which they keep as `units`. Where
// such are not all that a page has beside numbers, they stay, as letters.
export function withoutUnits(lines) {
  const slope = slopeOf(lines);
  const found = lines.map((line) => wordsOf(line, slope));
  const taken = new Set(found.flat(2));
  if (!taken.size) return lines;
  const isFree = (mark) => !taken.has(mark);
  const strays = lines.flatMap(({ others }) => others.filter(isLetter).filter(isFree)).length;
  const digits = lines.flatMap((line) => line.digits.filter(isFree));
  const isClear = ({ confidence }) => confidence > CLEAR_WORD;
  const areSure = toldOf(digits).some(isClear) || (digits.length > 1 && digits.every(isClear));
  const areUnits = areSure && strays <= Math.min(STRAY, sum(found.map((units) => units.length)));
  return lines.map((line, place) => {
    const kept = line.digits.filter(isFree);
    if (areUnits)
      return { ...line, digits: kept, others: line.others.filter(isFree), units: found[place] };
    const letters = line.digits.filter((mark) => taken.has(mark));
    return { ...line, digits: kept, others: [...line.others, ...letters] };
  });
}

// Whether lines are nothing but sure numbers, half of them with several letters beside them.
export function areQuantities(lines) {
  const slope = slopeOf(lines);
  const found = lines.map((line) => wordsOf(line, slope));
  const taken = new Set(found.flat(2));
  const isFree = (mark) => !taken.has(mark);
  const areNumbers = lines.every(({ digits, others }) => {
    const kept = digits.filter(isFree);
    const areSure = kept.length > 0 && kept.every(({ confidence }) => confidence >= SURE);
    return areSure && !others.filter(isFree).some(isLetter);
  });
  const written = found.filter((units) => units.some((unit) => unit.length > 1)).length;
  return areNumbers && 2 * written >= Math.max(1, lines.length);
}

// What numbers of a line are called, and their units, each as its marks.
function wordsOf(line, slope) {
  const row = new Row(line, slope);
  const names = namesOf(row);
  const taken = new Set(names.flat());
  return [...names, ...unitsOf(row).filter((unit) => !unit.some((mark) => taken.has(mark)))];
}

// A row's units, left to right, each as its marks.
function unitsOf(row) {
  const units = [];
  let start = 0;
  while (start < row.marks.length) {
    let end = start;
    while (row.isDigit(end)) end += 1;
    const [first, last] = unitOf(row, start, end);
    if (last > first) units.push(row.marks.slice(first, last));
    start = Math.max(last, start + 1);
  }
  return units;
}

// Where a unit of the number at some places begins and ends; nowhere if it has none. The last of its
// digits may be the first of the letters.
function unitOf(row, start, end) {
  for (const first of [end - 1, end]) {
    const sure = row.marks.slice(start, first).filter(isSure).length;
    if (first <= start || first >= row.marks.length || 2 * sure < first - start) continue;
    const number = row.number(start, first, first);
    const last = endOf(row, first, number);
    const gaps = row.gaps(first + 1, last).map((gap) => WIDER * gap);
    const longest = number.places > 1 ? LONGEST : LONGEST_OF_ONE;
    const isNear =
      row.gap(first) >= Math.max(NEAREST * number.height, ...gaps) &&
      row.gap(first) <= FURTHEST * number.height;
    const isLast = last === row.marks.length || row.gap(last) >= NEXT * number.height;
    if (isNear && isLast && last - first <= longest && mayBegin(row, first, last, number))
      return [first, last];
  }
  return [end, end];
}

// Behind the last letter of what may be a unit.
function endOf(row, first, number) {
  let end = first + 1;
  // One more than a unit has is enough.
  while (end - first <= LONGEST && goesOn(row, end, number)) end += 1;
  for (let place = first; place < end; place += 1) if (row.isLetter(place)) return end;
  return first + 1;
}

// Whether a unit may begin with a mark, or be nothing else.
function mayBegin(row, first, last, number) {
  if (!row.isDigit(first)) return row.isLetter(first);
  // Where a point stands before it, a last digit is as far from the one before as a unit is.
  const mark = row.marks[first];
  const { height, widest, doubt } = number;
  if (row.gap(first) < Math.max(SPACE * height, SPACE_WIDER * widest)) return false;
  if (last === first + 1) return hangs(mark, number, SURELY_HANGING + doubt / height);
  const isUnsure = mark.confidence < SURE && mark.box.height < LOW * height;
  return isUnsure || (mark.value === BAR && mark.box.height < LOWER * height);
}
