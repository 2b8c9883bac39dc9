// What a number is called: No., Total, Room before it, letters of which some look like digits, as
// Python's recognition/names.py tells it.

import { toldOf } from "./marks.js";
import { goesOn, isSure } from "./rows.js";

const LONGEST = 6; // marks
// All lengths are shares of the height of the digits behind it.
const TALL = 0.4; // height of its first letter, at least
const [NEAREST, FURTHEST] = [0.12, 1.5]; // from it to these
const WIDER = 1.5; // the same, of gaps within it, at least
const TIGHT = 0.2; // from one of its letters to what looks like a digit and is merely low, at most
const BEFORE = 0.75; // to it from what stands before, at least

// The words of a row that stand before numbers, each as its marks.
export function namesOf(row) {
  const names = [];
  let start = 0;
  while (start < row.marks.length) {
    const end = endOf(row, start);
    if (end > start) names.push(row.marks.slice(start, end));
    start = Math.max(end, start + 1);
  }
  return names;
}

// Behind the last letter of the word that begins at a place; there if none does.
function endOf(row, first) {
  if (row.isDigit(first)) return first; // what looks like an operator may be a letter
  const furthest = Math.min(first + LONGEST, row.marks.length - 1);
  for (let end = furthest; end > first + 1; end -= 1) {
    const number = numberAt(row, end, first);
    if (number && isName(row, first, end, number)) return end;
  }
  return first;
}

function isName(row, first, end, number) {
  const { height } = number;
  const inner = [...row.marks.keys()].slice(first + 1, end);
  if (first && row.gap(first) < BEFORE * height) return false;
  if (row.marks[first].box.height < TALL * height) return false;
  // Of a word of letters alone, the number must be more than other letters may pass for.
  const behind = row.marks.slice(end, end + number.places);
  if (!inner.some((place) => row.isDigit(place)) && !toldOf(behind).length) return false;
  if (!inner.every((place) => goesOn(row, place, number, TIGHT))) return false;
  const widest = Math.max(...row.gaps(first + 1, end));
  const gap = row.gap(end);
  return gap >= Math.max(NEAREST * height, WIDER * widest) && gap <= FURTHEST * height;
}

// The number that begins at a place, beside the word's first letter; null where none does that is
// mostly sure.
function numberAt(row, start, beside) {
  let end = start;
  while (row.isDigit(end)) end += 1;
  const sure = row.marks.slice(start, end).filter(isSure).length;
  return sure && 2 * sure >= end - start ? row.number(start, end, beside) : null;
}
