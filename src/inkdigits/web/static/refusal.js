// What is no number although parts of it look like digits: lines of letters, textures, bars, as
// Python's recognition/refusal.py refuses them.

import { mean, sum } from "./arrays.js";
import { median } from "./filters.js";
import { withoutLabels } from "./labels.js";
import {
  BARS_AND_RINGS,
  CLEAR_WORD,
  TOLD,
  UNSURE,
  isDisc,
  isLetter,
  marksOf,
  rowMiddles,
  toldOf,
  unsureOf,
  wordsOf,
} from "./marks.js";
import { SIDE } from "./normalize.js";
import { areText } from "./text.js";
import { withoutUnits } from "./units.js";

const SMALL = 0.45; // of the line's digits' height; what is smaller is no digit
const LARGE = 2;
export const ALONE = 0.9; // confidence of a digit that is all a picture holds
const CLEARLY = 0.4; // of a page's digits, that have as much, at least
const CLEARLY_TOUCHING = 0.6; // the same of digits that touch
const CROWD = 20; // pieces beside it, such as a photo of things has
const ALONE_IN_CROWD = 0.97; // confidence among them, of a digit that is all a picture holds
const ALONE_ON_FEET = 0.995; // the same of a 1 that is open below, as a caret is
const SOME_DIGIT = 0.999; // probability of a digit, whichever it is, that is one so surely
const LIKELIEST = 0.7; // the confidence that is enough of one
const MIXED = 0.03; // of a page's digits: other things, beside which most digits must be sure
const SHAPES = 0.25; // of a page's digits, that are no bars, at least
const AMONG = 0.3; // of a page's digits: other marks
const SHAPES_AMONG = 0.6; // of its digits, that are no bars, where there are more other marks
// What a page that is turned must show to be numbers, one of these: other marks for each digit, at
// most; of the digits with a shape of their own the share, and how many, that are surely so, at least.
const PROOFS = [
  { others: 0.15, share: 0.7, least: 1 },
  { others: 0.65, share: 0.9, least: 3 },
  { others: 1.25, share: 0.85, least: 40 },
];
const HAIRLINE = 0.06; // of its height, the width of a bar that no pen writes, at most
const HELD = 1.5; // times as high as digits within a picture is one its border cuts, at most
const STRAY = 6; // heights, from the nearest other digit
const FEW = 3; // other marks that a page of numbers may have in any case, or digits that are unsure
const MANY = 20; // digits, of which a share tells
const SOME = 5; // other marks on a page that is looked at more closely
const BOWED = 0.05; // of a bracket's height, by which it bows
const NARROW = 0.45; // the width of one, of its height, at most
const UPSIDE_DOWN = 2; // quarter turns
const INKED = 128; // of 255
const ALIKE = 1.25; // times the smallest hole, that the largest is at most
const BAR = 1; // a digit that any upright stroke looks like

// The lines that hold numbers, without those that are something else; `pieces` is how many the page
// has, whatever they are. `quarters`: the turns that made these lines of the page; some letters are
// digits on their heads or sides, so more must speak for what is read then. `isGuess`: whether nothing
// but what is read speaks for these turns.
export function numbersOnly(read, pieces, quarters = 0, isGuess = false) {
  let lines = withoutLabels(read).map(withoutBrackets);
  if (!isGuess) lines = withoutUnits(lines); // in a guess units would explain letters away
  const shapes = heightsOfShapes(lines.flatMap((line) => line.digits));
  const tall = shapes.length > 1 ? median(shapes) : 0;
  lines = lines.map((line) => ofOneSize(line, tall));
  if (lines.some((line) => line.digits.length && !isEdge(line))) {
    lines = lines.filter((line) => !isEdge(line));
  }
  lines = withoutStrays(withoutThumbs(lines));
  const digits = lines.flatMap((line) => line.digits);
  const others = sum(lines.map(othersOf)) - holesOf(lines);
  const proofs = isGuess ? PROOFS.slice(0, 1) : PROOFS;
  if (quarters && !areTurnedNumbers(lines, quarters, others, proofs)) return [];
  if (isTexture(lines, digits, others)) return [];
  if (others > Math.max(MIXED * digits.length, SOME) && areLetters(digits)) return [];
  const areOthers = others > Math.max(digits.length, 5) || others >= Math.max(2 * digits.length, 4);
  if (areOthers || areText(lines)) return clearWords(lines);
  if (digits.length === 1) {
    if (digits[0].confidence <= leastAlone(digits[0], pieces, others)) return [];
  } else if (digits.filter(isClear).length < CLEARLY * digits.length) return [];
  return lines.filter(
    (line) => line.digits.length && !(othersOf(line) > line.digits.length && others > FEW),
  );
}

const isClear = ({ confidence, isCut }) => confidence > (isCut ? CLEARLY_TOUCHING : ALONE);

// How many marks of a line are other things: not dashes, nor what is left of a ruling.
const othersOf = (line) => line.others.filter(isLetter).length;

// How many of them are holes, as a sheet in a binder has: discs, all of one size.
function holesOf(lines) {
  const sizes = lines
    .flatMap((line) => line.others)
    .filter(isDisc)
    .map(({ box }) => box.size);
  return Math.max(...sizes) <= ALIKE * Math.min(...sizes) ? sizes.length : 0;
}

// Whether too many of the digits with a shape of their own are digits without being surely so, as
// letters are, above all those that stand on their heads.
function areLetters(digits) {
  const told = toldOf(digits);
  return unsureOf(told) > Math.max(UNSURE * told.length, FEW);
}

// Whether one of the proofs is there, and they are no word on its side: a column of signs.
function areTurnedNumbers(lines, quarters, others, proofs) {
  const digits = lines.flatMap((line) => line.digits);
  const lone = lines.filter((line) => line.digits.length === 1).length;
  const isColumn = 2 * lone > digits.length && (digits.length > 1 || others);
  if (quarters !== UPSIDE_DOWN && isColumn) return false;
  const told = toldOf(digits);
  const sure = told.length - unsureOf(told);
  return proofs.some(
    (proof) =>
      others <= proof.others * digits.length &&
      sure >= Math.max(proof.share * told.length, proof.least),
  );
}

// On a page of other things, the words that are digits throughout and surely so. The same one again
// and again is a letter of a script.
function clearWords(lines) {
  const found = lines.map((line) => {
    const isClear = (mark) => line.digits.includes(mark) && mark.confidence > CLEAR_WORD;
    const clear = wordsOf(line).filter((word) => word.every(isClear));
    return { ...line, digits: clear.flat(), others: [] };
  });
  const told = toldOf(found.flatMap((line) => line.digits));
  const areDigits = told.length >= TOLD && new Set(told.map(({ value }) => value)).size > 1;
  return areDigits ? found.filter((line) => line.digits.length) : [];
}

// Without what comes in from the picture's border and is higher than the digits within, such as a
// thumb that holds the sheet, or the table below it.
function withoutThumbs(lines) {
  const comesIn = ({ pieces }) => pieces.some((piece) => piece.borders);
  const digits = lines.flatMap((line) => line.digits);
  const inner = heightsOfShapes(
    digits.filter((digit) => !comesIn(digit) && digit.confidence > ALONE),
  );
  if (!inner.length) return lines;
  const highest = HELD * median(inner);
  return lines.map((line) => ({
    ...line,
    digits: line.digits.filter((digit) => digit.box.height <= highest || !comesIn(digit)),
  }));
}

// Without bars and rings far from any digit, such as the holes of a binder's sheet.
function withoutStrays(lines) {
  const boxes = lines.flatMap((line) => line.digits).map((digit) => digit.box);
  if (boxes.length < 2) return lines;
  const isStray = ({ value, box }) => {
    const near = boxes.filter((other) => distanceOf(box, other) <= STRAY * box.height);
    return BARS_AND_RINGS.includes(value) && near.length < 2; // itself
  };
  return lines.map((line) => ({
    ...line,
    digits: line.digits.filter((digit) => !isStray(digit)),
  }));
}

// From middle to middle, in pixels.
const distanceOf = (one, other) => Math.hypot(one.row - other.row, one.column - other.column);

// The confidence that a digit needs which nothing speaks for but itself.
function leastAlone({ value, image, refusal }, pieces, others) {
  if (value === BAR && standsOnFeet(image)) return ALONE_ON_FEET;
  if (pieces > CROWD) return ALONE_IN_CROWD;
  return refusal < 1 - SOME_DIGIT && !others ? LIKELIEST : ALONE;
}

// Whether the lowest sixth of an image are two strokes side by side, which no 1 ends in.
function standsOnFeet(image) {
  const places = [...Array(SIDE).keys()];
  const isInked = (row, column) => image[row * SIDE + column] > INKED;
  const inked = places.filter((row) => places.some((column) => isInked(row, column)));
  const lowest = inked.slice(-Math.max(1, Math.trunc(inked.length / 6)));
  const marked = places.map((column) => lowest.some((row) => isInked(row, column)));
  return marked.filter((is, column) => is && !marked[column - 1]).length > 1;
}

// Without pairs of bars that bow away from each other, as brackets do around what is between. One
// of two may have been left out of the digits already.
function withoutBrackets(line) {
  const marks = marksOf(line);
  const bows = marks.map(bowOf);
  const brackets = new Set();
  bows.forEach((bow, place) => {
    if (bow > -BOWED) return;
    const rest = bows.slice(place + 2);
    const other = rest.findIndex((away) => away < -BOWED || away > BOWED);
    if (rest[other] > BOWED) brackets.add(marks[place]).add(marks[place + 2 + other]);
  });
  const kept = (all) => all.filter((mark) => !brackets.has(mark));
  return brackets.size ? { ...line, digits: kept(line.digits), others: kept(line.others) } : line;
}

// How far a bar's middle lies off its ends, to the right, as a share of its height; else 0.
function bowOf({ box, value, image }) {
  if (box.width > NARROW * box.height || value !== BAR) return 0;
  const middles = rowMiddles(image);
  const count = middles.length;
  if (count < 10) return 0;
  const sixth = Math.trunc(count / 6);
  const [first, last] = [mean(middles.slice(0, sixth)), mean(middles.slice(-sixth))];
  const [half, near] = [Math.trunc(count / 2), Math.trunc(sixth / 2)];
  const middle = mean(middles.slice(half - near, half + near + 1));
  // Both halves bow the same way, or it is a stroke that turns at one end, as of a 7.
  const upper = middles[Math.trunc(count / 4)] - (0.75 * first + 0.25 * last);
  const lower = middles[Math.trunc((3 * count) / 4)] - (0.25 * first + 0.75 * last);
  const bow = (middle - (first + last) / 2) / count;
  return Math.min(upper * bow, lower * bow) > 0 ? bow : 0;
}

const heightsOfShapes = (digits) =>
  digits.filter((digit) => digit.value !== BAR).map((digit) => digit.box.height);

// Without digits much smaller or taller than the line's others, and bars at the picture's side,
// such as the dots of a division sign, the sides of a frame, and the edge of a sheet. `page` is the
// height of all the page's digits.
function ofOneSize(line, page) {
  const shapes = heightsOfShapes(line.digits);
  const areSmall = line.digits.every((digit) => digit.box.height < SMALL * page);
  if (!shapes.length && page && areSmall) return { ...line, digits: [] };
  if (line.digits.length < 2) return line;
  // Bars are everywhere, such as the ticks of a comb field between its digits.
  const heights = line.digits.map((digit) => digit.box.height);
  const tall = Math.max(median(heights), shapes.length ? median(shapes) : 0);
  const fits = ({ box, isCut }) =>
    isCut || (SMALL * tall <= box.height && box.height <= LARGE * tall);
  return { ...line, digits: line.digits.filter((digit) => fits(digit) && !isSideBar(digit)) };
}

const isSideBar = (digit) => digit.value === BAR && digit.pieces.some((piece) => piece.atSide);

// Whether a line is nothing but bars such as the edge of a sheet makes: at the picture's side, in its
// corners, or hairlines from its border.
const isEdge = ({ digits }) =>
  digits.length > 0 && digits.every((digit) => isSideBar(digit) || isEdgeBar(digit));

function isEdgeBar({ value, pieces, area, box }) {
  const isThin = area <= HAIRLINE * box.height ** 2;
  return value === BAR && pieces.some(({ borders, nearSide }) => borders && (isThin || nearSide));
}

// Whether nearly all that was read, in several places, are bars; or many, as among letters.
function isTexture(lines, digits, others) {
  const shapes = digits.filter((digit) => digit.value !== BAR);
  const places = lines.filter((line) => line.digits.length);
  const isWritten = digits.length >= MANY && others > AMONG * digits.length;
  const least = (isWritten ? SHAPES_AMONG : SHAPES) * digits.length;
  return digits.length >= 3 && shapes.length < least && places.length > 1;
}
