// How high a page's digits are, and which of its pieces are of their size and strength, as Python's
// recognition/sizes.py tells.

import { sum } from "./arrays.js";
import { median } from "./filters.js";
import { SMALL, withFragments } from "./fragments.js";
import { touchingHeight } from "./separation.js";

const BAR = 1; // a digit that any upright stroke looks like
const LOWEST = 7; // pixels that a digit is high at least
const TALL = 2; // times as high as any other digit, that a bar is at most
const CLEAR = 0.9; // confidence of a digit that its picture cuts, above which it is no edge
const STROKE = 1.5; // times as high as bars are digits that touch, of which these may be bits

// The height of a page's digits, in pixels; null where there are none. Where none stands by itself, or
// nothing but bars, marks tell it that surely are several digits.
export function heightOfDigits(page, singles, touching) {
  const likely = likelyDigits(singles);
  const height = likely.length ? typicalHeight(likely) : null;
  if (likely.some(({ value }) => value !== BAR)) return height;
  const several = touchingHeight(page, singles, touching);
  const areBits = several !== null && several > STROKE * height;
  return height === null || areBits ? several : height;
}

// A weighted median.
function typicalHeight(likely) {
  const ordered = likely.toSorted((one, other) => one.box.height - other.box.height);
  // Bars are everywhere, so a 1 says little.
  const weights = ordered.map(
    ({ refusal, box, value }) => (1 - refusal) * box.height * (value === BAR ? 0.3 : 1),
  );
  const half = sum(weights) / 2;
  let total = 0;
  const middle = weights.findIndex((weight) => {
    total += weight;
    return total >= half;
  });
  return ordered[middle].box.height;
}

// Those whose height tells.
function likelyDigits(singles) {
  let likely = singles.filter(
    (single) =>
      single.refusal < 0.5 &&
      single.box.height >= LOWEST &&
      (single.pieces[0].borders < 2 || isClear(single)),
  );
  if (!likely.length && singles.length <= 3) {
    // All digits may touch.
    likely = singles.filter(({ box }) => box.width > 0.8 * box.height).slice(0, 1);
  }
  // The edge of a sheet is a bar, too, and may be as high as many digits.
  const withoutEdges = likely.filter((single) => !isEdge(single));
  if (withoutEdges.length) likely = withoutEdges;
  // So may be a thumb, or what is seen of a table around it, where digits lie within.
  const inner = likely.filter(({ pieces: [piece] }) => !piece.borders);
  const clear = inner.filter(isClear).map(({ box }) => box.height);
  if (!clear.length) return likely;
  const highest = TALL * Math.max(...clear);
  return inner.filter(({ value, box }) => value !== BAR || box.height <= highest);
}

// Whether it is surely a digit, with a shape that no edge has.
const isClear = ({ confidence, value }) => confidence > CLEAR && value !== BAR;

// Whether it is a bar that comes in from one of the picture's borders.
const isEdge = ({ value, pieces: [piece] }) => value === BAR && piece.borders > 0;

// Pieces of a digit's size and strength, or of a part of one, the large ones first.
export function ofDigitsKind(singles, height) {
  const strengths = singles
    .filter((single) => single.refusal < 0.5 && single.box.height > 0.6 * height)
    .map((single) => single.pieces[0].strength);
  const typical = strengths.length ? median(strengths) : 0;
  const isOfKind = ({ box, pieces: [piece] }) =>
    box.height < 4 * height && box.width < 6 * height && piece.strength > 0.3 * typical;
  const kept = singles.filter(isOfKind).map((single) => single.pieces[0]);
  const isLarge = (piece) => piece.box.size > SMALL * height;
  const small = kept.filter((piece) => !isLarge(piece));
  return withFragments(kept.filter(isLarge), small, height);
}
