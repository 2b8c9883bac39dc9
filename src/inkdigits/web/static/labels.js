// What a form says beside its numbers: words of smaller letters, some of which look like digits, as
// Python's recognition/labels.py finds them.

import { median } from "./filters.js";

export const BARS_AND_RINGS = [0, 1]; // that many things look like
const WORD_GAP = 0.8; // of the height, between words
export const CLEAR_WORD = 0.97; // confidence of a digit that is surely one
export const UNSURE = 0.22; // of digits, that are not, at most, or they are letters
export const TOLD = 5; // digits with a shape of their own, from which something follows
const FLAT = 0.2; // of its width, that a dash is high at most
const LABEL = 0.8; // of the numbers' height, below which letters, and digits among them, are a label
const TINY = 0.45; // of the same: a label's marks between which gaps may be wide
const LABEL_GAP = 1.2; // of the same: those gaps
const AMONG_LETTERS = 3; // digits a letter, at most, in a label
const BROKEN = 2; // marks within a number that may be a digit and a part of it
const OTHERS = 0.2; // of a page's digits: what else is as high, at most

// All that stands in a line, left to right.
export const marksOf = ({ digits, others }) =>
  [...digits, ...others].sort((one, other) => one.box.left - other.box.left);

// The same, parted where there is a wide gap.
export const wordsOf = (line) =>
  parted(marksOf(line), (one, other) => WORD_GAP * Math.max(one.height, other.height));

// Marks, left to right, parted where more pixels are between two than `gap` says of them.
function parted(marks, gap) {
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

// Digits with a shape of their own.
export const toldOf = (digits) => digits.filter(({ value }) => !BARS_AND_RINGS.includes(value));

// How many of them are digits without being surely so, as letters are.
export const unsureOf = (digits) =>
  digits.filter(({ confidence }) => confidence <= CLEAR_WORD).length;

// Without what is smaller than the page's numbers in a line and holds letters. A page's numbers are
// what is as high as its sure digits, if that is hardly anything else, and nearly all of it sure;
// a page without such keeps all.
export function withoutLabels(lines) {
  const digits = lines.flatMap((line) => line.digits);
  const sure = toldOf(digits).filter(({ confidence }) => confidence > CLEAR_WORD);
  if (sure.length < TOLD) return lines;
  const height = median(sure.map(({ box }) => box.height));
  const isTall = ({ box }) => box.height >= LABEL * height;
  const tall = digits.filter(isTall);
  const letters = lines.flatMap((line) => line.others).filter((mark) => isLetter(mark) && isTall(mark));
  const told = toldOf(tall);
  const isNumbers =
    letters.length <= OTHERS * tall.length &&
    unsureOf(told) <= UNSURE * told.length &&
    digits.length <= 2 * tall.length;
  return isNumbers ? lines.map((line) => withoutSmallWords(line, height)) : lines;
}

function withoutSmallWords(line, height) {
  const labels = new Set(
    smallParts(line, height)
      .filter((part) => isLabel(part, line))
      .flat(),
  );
  const kept = (marks) => marks.filter((mark) => !labels.has(mark));
  return { ...line, digits: kept(line.digits), others: kept(line.others) };
}

// What stands close together and is lower than the page's numbers, left to right: without single
// marks within a number, and what broke off them.
function smallParts(line, height) {
  const runs = [];
  for (const mark of marksOf(line)) {
    const isTall = mark.box.height >= LABEL * height;
    if (runs.at(-1)?.isTall === isTall) runs.at(-1).marks.push(mark);
    else runs.push({ isTall, marks: [mark] });
  }
  return runs
    .filter(({ isTall, marks }, place) => {
      const isWithin = place > 0 && place < runs.length - 1;
      return !isTall && !(isWithin && marks.length <= BROKEN);
    })
    .flatMap(({ marks }) => parted(marks, (one, other) => gapOf(one, other, height)));
}

// Pixels that may be between two marks of a label. Where they are tiny, most letters between them
// may be too small to be looked at.
function gapOf(one, other, height) {
  const tall = Math.max(one.height, other.height);
  return tall < TINY * height ? LABEL_GAP * height : WORD_GAP * tall;
}

function isLabel(part, line) {
  const letters = part.filter((mark) => line.others.includes(mark) && isLetter(mark)).length;
  const digits = part.filter((mark) => line.digits.includes(mark)).length;
  return letters > 0 && digits <= AMONG_LETTERS * letters;
}
