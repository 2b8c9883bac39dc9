// Which pieces make which digit: the best reading of a line, judged by the network, as Python's
// recognition/segmentation.py finds it.

import { argmax, extremes, sum } from "./arrays.js";
import { SURE } from "./certainty.js";
import { around } from "./components.js";
import { median } from "./filters.js";
import { LOW, fragmentsOf } from "./fragments.js";

export const MOST_PIECES = 4; // of one digit
const MOST_FRAGMENTS = 8; // the same, where a pen broke it
const APART = 0.5; // probability that what nearly touches another is no part of the same digit
const OF_DIGIT = 0.3; // the same of what is surely a digit by itself, as a 7's stem is a 1
export const LEAST = 3e-4; // probability; one piece must not decide a whole line
// Readings of a line are compared by probabilities to this power, scaled to sum to 1.
const SOFTENED = 1 / 1.5;

// Pieces taken together, and what the network says of them: an `image` of 28 x 28 bytes, and for
// each of the ten `digits` the probability of a digit and that one. Without pieces it has a box of
// its own. `isCut`: it is one of several digits that touch.
export class Candidate {
  constructor(
    pieces,
    image,
    digits,
    box = around(pieces.map((piece) => piece.box)),
    isCut = false,
  ) {
    Object.assign(this, { pieces, image, digits, box, isCut });
    this.value = argmax(digits);
    this.confidence = digits[this.value];
    this.refusal = 1 - sum(digits); // the probability of no digit
    this.area = sum(pieces.map((piece) => piece.area));
  }

  // The same in another box.
  movedTo(box) {
    return new Candidate(this.pieces, this.image, this.digits, box, this.isCut);
  }

  // Whether its middle is in another's box.
  isAt({ box: { top, left, bottom, right } }) {
    const { row, column } = this.box;
    return top <= row && row <= bottom && left <= column && column <= right;
  }
}

// Each group of pieces as one digit; `score` gives an image's ten probabilities.
export function candidates(page, groups, score) {
  return groups.map((group) => {
    const image = page.digit(group);
    return new Candidate(group, image, score(image));
  });
}

// The best reading of a line whose pieces are `singles`, left to right: its `digits` and what else
// stands in it, `others`. `height` is a typical digit's, in pixels.
export function readLine(page, singles, height, score) {
  const spans = singles.map((candidate, first) => ({ first, last: first + 1, candidate }));
  const tall = singles.map((single) => single.box.height).filter((pixels) => pixels > height / 2);
  const typical = tall.length ? median(tall) : height;
  const boxes = singles.map((single) => single.box);
  const broken = fragmentsOf(boxes, height);
  for (const [first, last] of joins(boxes, broken, height, Math.max(height, typical))) {
    const run = singles.slice(first, last);
    // What was told apart is not joined again.
    if (run.filter((single) => single.isCut).length > 1) continue;
    const pieces = run.flatMap((single) => single.pieces);
    // What comes in from the picture's side, such as an edge of the sheet, is no part of a digit.
    if (pieces.some((piece) => piece.atSide)) continue;
    spans.push({ first, last, candidate: candidates(page, [pieces], score)[0] });
  }
  singles.forEach((single, place) => {
    if (single.isCut) [broken.near, broken.small].forEach((places) => places.delete(place));
  });
  const steps = bestReading(spans, apartness(singles, broken.near), broken.small);
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

// For each piece how probable it is, by what it nearly touches, that it is no part of that.
function apartness(singles, near) {
  return singles.map((_, place) => {
    if (!near.has(place)) return 1;
    const isSure = (other) => singles[other].confidence > SURE;
    return near.get(place).some(isSure) ? OF_DIGIT : APART;
  });
}

// The spans of the best reading of all pieces, and whether each is a digit. `apart`: for each piece
// the probability that it is no part of another; `small`: the places of those that are no digits.
function bestReading(spans, apart, small) {
  const count = apart.length;
  const totals = new Float64Array(count + 1).fill(-Infinity);
  totals[0] = 0;
  const steps = [];
  for (const { first, last, candidate } of spans.toSorted((one, other) => one.last - other.last)) {
    const isAlone = last - first === 1;
    const own = isAlone ? apart[first] : 1;
    for (const { isDigit, probability } of choicesFor(candidate, isAlone)) {
      if (isDigit && isAlone && small.has(first)) continue;
      const gain = candidate.area * Math.log(Math.max(own * probability, LEAST));
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
  const mayBeNone = isAlone && !candidate.isCut; // a mark was taken for several digits or none
  return mayBeNone ? [...choices, { isDigit: false, probability: refusal / total }] : choices;
}
