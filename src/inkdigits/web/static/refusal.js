// What is no number although parts of it look like digits: lines of letters, textures, bars, as
// Python's recognition/refusal.py refuses them.

import { sum } from "./arrays.js";
import { median } from "./filters.js";

const SMALL = 0.45; // of the line's digits' height; what is smaller is no digit
const LARGE = 2;
const ALONE = 0.9; // confidence of a digit that is all a picture holds
const BROAD = 0.4; // width of a 1, of its height, above which it must be surer
const ALONE_BROAD = 0.995;
const WORD_GAP = 0.8; // of the height, between words
const CLEAR_WORD = 0.97; // confidence of each digit in one
const TOLD = 5; // digits with a shape of their own, that a page full of other things must hold
const BARS_AND_RINGS = [0, 1]; // that many things look like
const STRAY = 6; // heights, from the nearest other digit
const FEW = 3; // other marks that a page of numbers may have in any case
const BAR = 1; // a digit that any upright stroke looks like

// The lines that hold numbers, without those that are something else.
export function numbersOnly(read) {
  let lines = read.map(ofOneSize);
  if (lines.some((line) => line.digits.length && !isEdge(line))) {
    lines = lines.filter((line) => !isEdge(line));
  }
  lines = withoutStrays(lines);
  const digits = lines.flatMap((line) => line.digits);
  const others = sum(lines.map((line) => line.others.length));
  if (isTexture(lines, digits)) return [];
  if (others > Math.max(digits.length, 5) || others >= Math.max(2 * digits.length, 4))
    return clearWords(lines);
  if (digits.length === 1 && !isSure(digits[0])) return [];
  return lines.filter(
    (line) => line.digits.length && !(line.others.length > line.digits.length && others > FEW),
  );
}

// On a page of other things, the words that are digits throughout and surely so.
function clearWords(lines) {
  const found = lines.map((line) => {
    const isClear = (mark) => line.digits.includes(mark) && mark.confidence > CLEAR_WORD;
    return {
      digits: wordsOf(line)
        .filter((word) => word.every(isClear))
        .flat(),
      others: [],
    };
  });
  const told = found
    .flatMap((line) => line.digits)
    .filter((digit) => !BARS_AND_RINGS.includes(digit.value));
  return told.length >= TOLD ? found.filter((line) => line.digits.length) : [];
}

// All that stands in a line, left to right, parted where there is a wide gap.
function wordsOf(line) {
  const words = [];
  const marks = [...line.digits, ...line.others].sort(
    (one, other) => one.box.left - other.box.left,
  );
  for (const mark of marks) {
    const last = words.at(-1)?.at(-1).box;
    const isNear =
      last && mark.box.left - last.right <= WORD_GAP * Math.max(mark.box.height, last.height);
    if (isNear) words.at(-1).push(mark);
    else words.push([mark]);
  }
  return words;
}

// Without bars and rings far from any digit, such as the holes of a binder's sheet.
function withoutStrays(lines) {
  const boxes = lines.flatMap((line) => line.digits).map((digit) => digit.box);
  if (boxes.length < 2) return lines;
  const isStray = ({ value, box }) => {
    const near = boxes.filter((other) => distanceOf(box, other) <= STRAY * box.height);
    return BARS_AND_RINGS.includes(value) && near.length < 2; // itself
  };
  return lines.map(({ digits, others }) => ({
    digits: digits.filter((digit) => !isStray(digit)),
    others,
  }));
}

// From middle to middle, in pixels.
const distanceOf = (one, other) => Math.hypot(one.row - other.row, one.column - other.column);

// Whether a digit that stands alone, which nothing speaks for but itself, is one.
function isSure({ value, box, confidence }) {
  const isBlot = value === BAR && box.width > BROAD * box.height;
  return confidence > (isBlot ? ALONE_BROAD : ALONE);
}

// Without digits much smaller or taller than the line's others, and bars at the picture's side,
// such as the dots of a division sign, the sides of a frame, and the edge of a sheet.
function ofOneSize(line) {
  if (line.digits.length < 2) return line;
  const tall = median(line.digits.map((digit) => digit.box.height));
  const fits = ({ box }) => SMALL * tall <= box.height && box.height <= LARGE * tall;
  return {
    digits: line.digits.filter((digit) => fits(digit) && !isSideBar(digit)),
    others: line.others,
  };
}

const isSideBar = (digit) => digit.value === BAR && digit.pieces.some((piece) => piece.atSide);

// Whether a line is nothing but bars at the picture's side, such as the edge of a sheet.
const isEdge = (line) => line.digits.length > 0 && line.digits.every(isSideBar);

// Whether nearly all that was read, in several places, are bars.
function isTexture(lines, digits) {
  const shapes = digits.filter((digit) => digit.value !== BAR);
  const places = lines.filter((line) => line.digits.length);
  return digits.length >= 3 && shapes.length < digits.length / 4 && places.length > 1;
}
