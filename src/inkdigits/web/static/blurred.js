// Another look at a page without sharp edges, made sharper as if it had not been blurred, as Python's
// recognition/blurred.py does.

import { isSoft, sharper } from "./blur.js";
import { digitsOf, sureOf } from "./certainty.js";
import { findPieces } from "./components.js";
import { median } from "./filters.js";
import { toldOf } from "./marks.js";

const LARGEST = 60; // pieces whose height tells that of the page's marks
const LEAST = 10; // pixels that these are high
const MOST = 500; // pieces of a page; where there are more, each look may take seconds
const SURE = 0.5; // of its digits, that are sure
const SHAPES = 0.5; // of these, that are no bars or rings
const KEPT = 0.7; // of the digits that were sure before, that are there again
const AS_MANY = 0.8; // of all the digits before, that there are at least
const BAR = 1; // a digit that what is left of a line looks like
const LETTER = 5; // one that an S looks like, where nothing yet spoke for numbers

// A picture, planes of bytes, made sharper in one way after the other, if that may help; `ink` was
// found in it, and `lines` were read.
export function* sharperPages(channels, ink, lines) {
  const digits = digitsOf(lines);
  const isSure = digits.length > 1 && sureOf(digits).length === digits.length;
  if (isSure && barsOf(digits) < digits.length) return;
  const { pieces } = findPieces(ink);
  if (pieces.length > MOST) return;
  const heights = pieces.slice(0, LARGEST).map(({ box }) => box.height);
  const high = heights.filter((height) => height >= LEAST);
  if (!high.length) return;
  const height = median(high);
  if (isSoft(ink, height)) yield* sharper(channels, height, ink.lightOnDark);
}

// Whether what was read of a page made sharper is numbers, and says more than `others`; `before`:
// what was read of the page as it is, of which hardly anything may be missing.
export function isBetter(lines, others, before) {
  const [read, known] = [lines, before].map(digitsOf);
  const [sure, sureBefore] = [read, known].map(sureOf);
  const isAgain = (digit) =>
    read.some((other) => digit.value === other.value && digit.isAt(other));
  const isSure = sure.length >= Math.max(2, SURE * read.length);
  const shapes = toldOf(sure).filter(({ value }) => sureBefore.length || value !== LETTER);
  return (
    isSure &&
    shapes.length >= SHAPES * sure.length &&
    sureBefore.filter(isAgain).length >= KEPT * sureBefore.length &&
    read.length >= AS_MANY * known.length &&
    gainOf(read, known) > gainOf(digitsOf(others), known)
  );
}

// How many are sure and no bars, less bars that were not there before.
const gainOf = (digits, known) =>
  sureOf(digits).filter(({ value }) => value !== BAR).length -
  Math.max(0, barsOf(digits) - barsOf(known));

const barsOf = (digits) => digits.filter(({ value }) => value === BAR).length;
