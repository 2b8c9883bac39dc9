// What a form says beside its numbers: words of smaller letters, some of which look like digits, as
// Python's recognition/labels.py finds them.

import { median } from "./filters.js";
import {
  CLEAR_WORD,
  TOLD,
  UNSURE,
  WORD_GAP,
  isLetter,
  marksOf,
  parted,
  toldOf,
  unsureOf,
} from "./marks.js";

const LABEL = 0.8; // of the numbers' height, below which letters and digits among them are a label
const TINY = 0.45; // of the same: a label's marks between which gaps may be wide
const LABEL_GAP = 1.2; // of the same: those gaps
const AMONG_LETTERS = 3; // digits a letter, at most, in a label
const CAPTION = 0.65; // of a number's height: marks of a line of letters over few digits, below it
const SURELY = 0.9; // confidence of all the digits of that number
const LETTERS = 12; // in such lines, at most; more are a text
const BROKEN = 2; // marks within a number that may be a digit and a part of it
const OTHERS = 0.2; // of a page's digits: what else is as high, at most
const LOWER = 1; // the same: digits that are not as high, at most

// Without what is smaller than the page's numbers in a line and holds letters. A page's numbers are
// what is as high as its sure digits, if that is hardly anything else, and nearly all of it sure;
// a page without such keeps all.
export function withoutLabels(lines) {
  const digits = lines.flatMap((line) => line.digits);
  const sure = toldOf(digits).filter(({ confidence }) => confidence > CLEAR_WORD);
  if (sure.length < TOLD) return withoutCaptions(lines);
  const height = median(sure.map(({ box }) => box.height));
  const isTall = ({ box }) => box.height >= LABEL * height;
  const tall = digits.filter(isTall);
  const letters = lines.flatMap((line) => line.others.filter(isLetter)).filter(isTall);
  const told = toldOf(tall);
  const isNumbers =
    letters.length <= OTHERS * tall.length &&
    unsureOf(told) <= UNSURE * told.length &&
    digits.length - tall.length <= LOWER * tall.length;
  return isNumbers ? lines.map((line) => withoutSmallWords(line, height)) : lines;
}

// Of few digits: without lines of letters that are much lower than a number by itself.
function withoutCaptions(lines) {
  const height = Math.max(0, ...lines.map(heightOfNumber));
  const captions = lines.filter((line) => isCaption(line, CAPTION * height));
  const letters = captions.flatMap((line) => line.others.filter(isLetter)).length;
  return letters > LETTERS ? lines : lines.filter((line) => !captions.includes(line));
}

// The height of a line's digits, if they are several, not all bars and rings, and all sure. Nor may
// there be letters in it.
function heightOfNumber({ digits, others }) {
  if (digits.length < 2 || !toldOf(digits).length) return 0;
  if (digits.some(({ confidence }) => confidence <= SURELY)) return 0;
  const height = median(digits.map(({ box }) => box.height));
  return others.some((mark) => isLetter(mark) && mark.box.height >= TINY * height) ? 0 : height;
}

function isCaption({ digits, others }, least) {
  const letters = others.filter(isLetter);
  const isLow = [...digits, ...letters].every(({ box }) => box.height < least);
  return letters.length > 0 && isLow && digits.length <= AMONG_LETTERS * letters.length;
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
