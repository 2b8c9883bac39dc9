// Digits that are struck out, as Python's recognition/struck.py tells them: what the writer took
// back, however well it can still be read.

import { Plane } from "./arrays.js";
import { median } from "./filters.js";
import { WORD_GAP, marksOf } from "./marks.js";
import { SIDE } from "./normalize.js";
import { CERTAIN, PERHAPS_SEVERAL } from "./separation.js";
import { LINE, LONG, SHORT, THIN_ENDS, strokeAlong, strokeThrough } from "./strokes.js";

// The probability of no digit; else any will do. And of one, below which there is none.
const NONE = { [THIN_ENDS]: 0.99, [SHORT]: 0.95 };
const ONE = { [LINE]: 0.55, [LONG]: 0.8 };
const LEAST = 20; // pixels that a mark is high; smaller ones are blurred
const HIGH = 2; // times as high as digits, that what a line passes by others in is less than
const WIDE = 1.2; // of its height, that what holds several digits is wide

// Lines without digits that are struck out; such as hold nothing else are left out.
export const withoutStruck = (lines, page, touching) =>
  lines
    .map((line) => ({ ...line, digits: keptOf(line, page, touching) }))
    .filter((line) => line.digits.length);

function keptOf(line, page, touching) {
  const marked = marksOf(line)
    .filter(mayBeStruck)
    .map((mark) => ({ mark, stroke: strokeOf(page, mark) }))
    .filter(({ stroke }) => stroke);
  const out = marked.filter(({ mark, stroke }) => isOut(page, mark, stroke, touching));
  if (!out.length) return line.digits;
  const struck = new Set(out.map(({ mark }) => mark));
  const height = median(line.digits.map(({ box }) => box.height));
  const through = marked.filter(({ stroke }) => stroke >= LINE).map(({ mark }) => mark);
  // Beside such a mark a line through another strikes that out, too.
  for (const order of [through, through.toReversed()]) {
    order.slice(1).forEach((other, place) => {
      const one = order[place];
      const right = Math.min(one.box.right, other.box.right);
      const gap = Math.max(one.box.left, other.box.left) - right;
      if (struck.has(one) && gap <= WORD_GAP * height) struck.add(other);
    });
  }
  const isLine = (mark) => struck.has(mark) && mark.box.height < HIGH * height;
  const lines = through.filter(isLine);
  return line.digits.filter(
    (digit) => !struck.has(digit) && !lines.some((mark) => passes(mark.box, digit.box)),
  );
}

// Whether it is a digit or several, large, and no pieces that a stroke would have joined.
function mayBeStruck({ box, refusal, isCut, pieces }) {
  const isDigit = refusal < 0.5 || isWide(box); // else a plus, say
  return isDigit && box.height >= LEAST && !isCut && pieces.length === 1;
}

const isWide = ({ width, height }) => width > WIDE * height;

function isOut(page, mark, stroke, touching) {
  if (stroke === THIN_ENDS && (mark.refusal >= 0.5 || mark.confidence > CERTAIN)) return false;
  const { values, probability } = touching.read(page.cut(mark.pieces));
  if (!values.length) return probability > (NONE[stroke] ?? 0);
  if (values.length === 1) return probability < (ONE[stroke] ?? 0) && !isWide(mark.box);
  return stroke >= LINE && probability < PERHAPS_SEVERAL;
}

function strokeOf(page, { box, image, pieces }) {
  if (isWide(box)) return strokeAlong(page.cut(pieces));
  return strokeThrough(new Plane(SIDE, SIDE, image));
}

// Whether a line from one side of its box to the other passes by another box's middle.
function passes(line, { row, column }) {
  const isBeside = line.left <= column && column <= line.right;
  return isBeside && line.top <= row && row <= line.bottom;
}
