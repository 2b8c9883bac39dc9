// Which pieces make which digit: the best reading of a line, judged by the network, as Python's
// recognition/segmentation.py finds it.

import { argmax, extremes, sum } from "./arrays.js";
import { SURE } from "./certainty.js";
import { MARGIN, around } from "./components.js";
import { median } from "./filters.js";
import { LOW, fragmentsOf } from "./fragments.js";
import { seams } from "./seams.js";
import { strip } from "./strips.js";
import { LINE, strokeThrough } from "./strokes.js";

export const MOST_PIECES = 4; // of one digit
const MOST_FRAGMENTS = 8; // the same, where a pen broke it
const MOST_TOUCHING = 9; // digits that are cut apart
const SEVERAL = 0.4; // probability of what is read in what is no digit
const RATHER_SEVERAL = 0.95; // the same, in one
export const CERTAIN = 0.99; // confidence of one digit
const SURELY_SEVERAL = 0.999; // the probability that several then need
// The same of what a line goes through, below which that strikes it out.
export const PERHAPS_SEVERAL = 0.85;
const SURELY_ONES = 0.97; // the same of two ones; of more, or such and sevens, none is
const LARGEST = 8; // marks that are looked at for a height, where no digit tells it
const NARROW = 0.55; // of a digit's height, that what may be several digits is wide at least
const WIDE = 0.8; // the same of what is certainly one
const BAR = 1; // digits that strokes of letters look like
const HOOK = 7;
const APART = 0.5; // probability that what nearly touches another is no part of the same digit
const OF_DIGIT = 0.3; // the same of what is surely a digit by itself, as a 7's stem is a 1
const LEAST = 3e-4; // probability; one piece must not decide a whole line
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
}

// Each group of pieces as one digit; `score` gives an image's ten probabilities.
export function candidates(page, groups, score) {
  return groups.map((group) => {
    const image = page.digit(group);
    return new Candidate(group, image, score(image));
  });
}

// A piece too wide for one digit as the digits that touch in it; else as it is. They are believed
// where they are likely, the more so if it may be one digit as well, and are not all mere strokes.
export function separated(page, wide, height, touching, score) {
  const whole = [page, [wide]];
  const [piece] = wide.pieces;
  const isCertain = wide.confidence > CERTAIN;
  if (!mayHoldSeveral(piece.box, height, isCertain ? WIDE : NARROW)) return whole;
  const { values, probability, digits, middles } = touching.read(page.cut([piece]));
  let least = SEVERAL + (RATHER_SEVERAL - SEVERAL) * Math.sqrt(wide.confidence);
  if (isCertain) least = SURELY_SEVERAL;
  if (areStrokes(values)) least = values.length === 2 ? SURELY_ONES : Infinity;
  if (values.length < 2 || values.length > MOST_TOUCHING || probability < least) return whole;
  if (probability < PERHAPS_SEVERAL && isStruck(page, piece)) return whole;
  return cutUp(page, piece, { values, digits, middles }, score) ?? whole;
}

// Whether a line goes through what may be several digits.
function isStruck(page, piece) {
  const shown = strip(page.cut([piece]));
  return shown !== null && strokeThrough(shown.image) === LINE;
}

// The digits that were found in a piece, cut where each looks most like what it is; null where no
// cuts give each of them some ink.
function cutUp(page, piece, { values, digits, middles }, score) {
  const { box } = piece;
  const marked = page.marked(piece);
  const start = Math.max(0, box.left - MARGIN) - box.left; // of the ink that was looked at
  const between = seams(
    marked,
    middles.map((middle) => start + middle),
  );
  const edge = (column) => new Array(box.height).fill(column);
  // Cuts, from the left edge to the right one; parts go from one of a place to one of the next.
  const places = [[edge(0)], ...between, [edge(box.width)]];
  let best = [{ total: 0, parts: [] }];
  values.forEach((value, number) => {
    best = places[number + 1].map((right, last) => {
      const ways = places[number].flatMap((left, first) => {
        const part = partOf(page, piece, marked, [left, right]);
        if (part === null || !best[first]) return [];
        const total = best[first].total + Math.log(Math.max(score(part)[value], LEAST));
        return [{ total, parts: [...best[first].parts, { image: part, last }] }];
      });
      return ways.reduce((one, other) => (one && one.total >= other.total ? one : other), null);
    });
  });
  if (!best[0]) return null;
  const { parts } = best[0];
  const [cut, pieces] = page.cutApart(
    piece,
    parts.slice(0, -1).map(({ last }, number) => between[number][last]),
  );
  const found = pieces.map(
    (part, at) => new Candidate([part], parts[at].image, digits[at], part.box, true),
  );
  return [cut, found];
}

// The image of what is marked between two cuts; null where that is nothing.
function partOf(page, piece, marked, [left, right]) {
  const inside = marked.map(Uint8Array, (own, place) => {
    const [row, column] = [Math.trunc(place / marked.width), place % marked.width];
    return own && left[row] <= column && column < right[row];
  });
  return inside.data.includes(1) ? page.part(piece, inside) : null;
}

// The height of marks that are surely several digits, where no digit stands by itself; null where
// there are none among the largest.
export function touchingHeight(page, singles, touching) {
  const heights = [];
  for (const { refusal, box, pieces } of singles.slice(0, LARGEST)) {
    if (refusal < 0.5 || !mayHoldSeveral(box, box.height)) continue;
    const { values, probability } = touching.read(page.cut(pieces));
    if (values.length > 1 && probability >= RATHER_SEVERAL) heights.push(box.height);
  }
  return heights.length ? median(heights) : null;
}

// Whether they are ones, as which M and W come apart, or three or more and sevens, as m.
function areStrokes(values) {
  const found = new Set(values);
  if (found.size === 1) return found.has(BAR);
  return found.size === 2 && found.has(BAR) && found.has(HOOK) && values.length > 2;
}

function mayHoldSeveral(box, height, narrow = NARROW) {
  const isWide = narrow * height < box.width && box.width < 6 * height;
  return isWide && 0.6 * height < box.height && box.height < 1.8 * height;
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
