// Which pieces make which digit: the best reading of a line, judged by the network, as Python's
// recognition/segmentation.py finds it.

import { argmax, extremes, sum } from "./arrays.js";
import { around } from "./components.js";
import { median } from "./filters.js";
import { LOW, fragmentsOf } from "./fragments.js";

const MOST_PIECES = 4; // of one digit
const MOST_FRAGMENTS = 8; // the same, where a pen broke it
const MOST_TOUCHING = 5; // digits that are cut apart
const CLEAR = 0.6; // confidence of each of them
const BAR = 1; // digits that strokes of letters look like
const HOOK = 7;
const APART = 0.5; // probability that what nearly touches another is no part of the same digit
const LEAST = 3e-4; // probability; one piece must not decide a whole line
// Readings of a line are compared by probabilities to this power, scaled to sum to 1.
const SOFTENED = 1 / 1.5;

// Pieces taken together, and what the network says of them: an `image` of 28 x 28 bytes, and for
// each of the ten `digits` the probability of a digit and that one. Without pieces it has a box of
// its own.
export class Candidate {
  constructor(pieces, image, digits, box = around(pieces.map((piece) => piece.box))) {
    Object.assign(this, { pieces, image, digits, box });
    this.value = argmax(digits);
    this.confidence = digits[this.value];
    this.refusal = 1 - sum(digits); // the probability of no digit
    this.area = sum(pieces.map((piece) => piece.area));
  }
}

// Each group of pieces as one digit; `score` gives an image's ten probabilities.
export function candidates(page, groups, score) {
  return groups.map((group) => {
    const image = page.digit(group);
    return new Candidate(group, image, score(image));
  });
}

// A piece too wide for one digit as the digits that touch in it; else as it is. It is cut where it
// is thinnest, and the cuts are believed where each part is clearly a digit, and not all of them mere
// strokes.
export function separated(page, wide, height, score) {
  const whole = [page, [wide]];
  const [piece] = wide.pieces;
  if (wide.refusal < 0.5 || !mayHoldSeveral(piece.box, height)) return whole;
  const columns = page.valleys(piece, height / 5).slice(0, 2 * MOST_TOUCHING);
  if (!columns.length) return whole;
  const [cut, parts] = page.cutApart(piece, columns);
  const singles = candidates(
    cut,
    parts.map((part) => [part]),
    score,
  );
  const clear = readLine(cut, singles, height, score, true).digits.filter(
    (digit) => digit.confidence > CLEAR,
  );
  const explained = sum(clear.map((digit) => digit.area));
  const isClear =
    clear.length >= 2 && clear.length <= MOST_TOUCHING && explained >= 0.95 * piece.area;
  return isClear && !areStrokes(clear.map(({ value }) => value)) ? [cut, clear] : whole;
}

// Whether they are ones, as which M and W come apart, or three or more and sevens, as m.
function areStrokes(values) {
  const found = new Set(values);
  if (found.size === 1) return found.has(BAR);
  return found.size === 2 && found.has(BAR) && found.has(HOOK) && values.length > 2;
}

function mayHoldSeveral(box, height) {
  const isWide = 0.8 * height < box.width && box.width < 4 * height;
  return isWide && 0.6 * height < box.height && box.height < 1.8 * height;
}

// The best reading of a line whose pieces are `singles`, left to right: its `digits` and what else
// stands in it, `others`. `height` is a typical digit's, in pixels.
export function readLine(page, singles, height, score, areCut = false) {
  const spans = singles.map((candidate, first) => ({ first, last: first + 1, candidate }));
  const tall = singles.map((single) => single.box.height).filter((pixels) => pixels > height / 2);
  const typical = tall.length ? median(tall) : height;
  const boxes = singles.map((single) => single.box);
  // Parts of a piece that was cut are not broken.
  const broken = areCut ? { near: new Set(), small: new Set() } : fragmentsOf(boxes, height);
  for (const [first, last] of joins(boxes, broken, height, Math.max(height, typical))) {
    const pieces = singles.slice(first, last).flatMap((single) => single.pieces);
    // What comes in from the picture's side, such as an edge of the sheet, is no part of a digit.
    if (pieces.some((piece) => piece.atSide)) continue;
    spans.push({ first, last, candidate: candidates(page, [pieces], score)[0] });
  }
  const steps = bestReading(spans, broken, singles.length);
  const digits = steps.filter((step) => step.isDigit).map((step) => step.candidate);
  const others = steps.filter((step) => !step.isDigit).map((step) => step.candidate);
  // Of a line of small print, such as a label above a field, its own height tells.
  const isPrint = !tall.length && singles.length;
  const printHeight = isPrint ? median(singles.map((single) => single.box.height)) : typical;
  return { digits, others: others.filter((other) => other.box.size > 0.4 * printHeight) };
}

// Runs of boxes that are near and small enough to be parts of one digit.
function joins(boxes, broken, height, tallest) {
  const found = [];
  for (let first = 0; first < boxes.length; first += 1) {
    let { right } = boxes[first];
    const end = Math.min(boxes.length, first + MOST_FRAGMENTS);
    const run = [first];
    for (let last = first + 1; last < end && boxes[last].left - right <= 0.3 * height; last += 1) {
      run.push(last);
      if (run.length > MOST_PIECES && !run.every((place) => broken.near.has(place))) break;
      right = Math.max(right, boxes[last].right);
      const box = around(boxes.slice(first, last + 1));
      if (box.height < LOW * height && run.some((place) => broken.small.has(place))) continue;
      if (box.width <= 1.4 * tallest && box.height <= 2.2 * tallest) found.push([first, last + 1]);
    }
  }
  return found;
}

// The spans of the best reading of `count` pieces, and whether each is a digit.
function bestReading(spans, broken, count) {
  const totals = new Float64Array(count + 1).fill(-Infinity);
  totals[0] = 0;
  const steps = [];
  for (const { first, last, candidate } of spans.toSorted((one, other) => one.last - other.last)) {
    const isAlone = last - first === 1;
    const apart = isAlone && broken.near.has(first) ? APART : 1;
    for (const { isDigit, probability } of choicesFor(candidate, isAlone)) {
      if (isDigit && isAlone && broken.small.has(first)) continue;
      const gain = candidate.area * Math.log(Math.max(apart * probability, LEAST));
      const total = totals[first] + gain;
      if (total > totals[last]) {
        totals[last] = total;
        steps[last] = { first, candidate, isDigit };
      }
    }
  }
  const chosen = [];
  for (let place = count; place > 0; place = steps[place].first) chosen.push(steps[place]);
  return chosen.reverse();
}

// What a candidate may be, and how probable that is.
function choicesFor(candidate, isAlone) {
  const digits = candidate.digits.map((probability) => probability ** SOFTENED);
  const refusal = Math.max(candidate.refusal, 0) ** SOFTENED;
  const total = sum(digits) + refusal;
  const choices = [{ isDigit: true, probability: extremes(digits)[1] / total }];
  return isAlone ? [...choices, { isDigit: false, probability: refusal / total }] : choices;
}
