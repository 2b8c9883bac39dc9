// What stands between a line's digits: points, commas, colons, dashes and operators, told by their
// shapes and by where they stand, between the top of the digits beside them (0) and their foot (1),
// as Python's recognition/signs.py tells them.

import { withDigitsAmid } from "./amid.js";
import { mean, rint } from "./arrays.js";
import { marksBeside } from "./beside.js";
import { Box, around } from "./components.js";
import { exclaimed } from "./exclaimed.js";
import { median } from "./filters.js";
import { rowMiddles } from "./marks.js";
import { DASH, EQUALS, OTHER, PLUS, TIMES, barsOf, operatorOf } from "./operators.js";
import { candidates } from "./segmentation.js";

const [POINT, COMMA, COLON, SLASH, DIVIDED] = [".", ",", ":", "/", "\u00f7"];
const RAISED = "\u00b7"; // a dot above the digits' foot, by itself no sign
const FIRST = [SLASH, PLUS, TIMES, EQUALS, OTHER, DASH, COMMA, POINT]; // of several, which tells

const BAR = 1; // a digit that any upright stroke looks like
const BESIDE = 2; // digits to either side, beside which one is looked at
const AS_SURE = 0.8; // of a digit's confidence, that it has without a sign beside it
// All lengths are shares of the digits' height, and so are places, from the digits' top downwards.
const COMMA_HEIGHT = 0.58; // at most
const COMMA_WIDTH = 0.4; // at most
const COMMA_TOP = 0.5; // below the digits' top, at least
const COMMA_LOWEST = 1.1; // the same, at most
const COMMA_FOOT = 0.9; // below the digits' top, at least
const HANGING_FOOT = 1.15; // of a comma that hangs low, the same
const HANGING_HEIGHT = 0.75; // of one, at most
const COMMA_LEAST = 0.3; // height of one that is no longer than a dot may be, at least
const COMMA_SLIM = 1; // the same, of its width
const SLASH_HEIGHT = [1.2, 1.1]; // at least, and where a page surely has slashes
const SLASH_TALLEST = [1.1, 1]; // the same, of the page's tallest digit
const SLASH_REACH = [0.06, -0.02]; // the same, above the digits and below them
const SLASH_LEAN = 0.15; // columns a row, to the right, at least
const LOWEST = 0.8; // digits beside a mark are taken for as high at least
const LARGEST = 1.6; // longer side of a sign, at most
const FREE = 0.6; // of the width of what is no point or comma, above or below a digit, at most
const CLOSE = 0.9; // from a point, a comma or a minus to its digit, at most
const DASH_FLAT = 1.5; // its width by its height, at least
const DASH_WIDTH = [0.28, 1.3];
const DASH_MIDDLE = [0.15, 0.9]; // of an operator, too
const SHORT_DASH_WIDTH = 0.18; // at least
const SHORT_DASH_MIDDLE = [0.3, 0.7];
const DOT_SIDE = 0.42; // at most
const DOT_MIDDLE = 0.05; // at least
const POINT_MIDDLE = [0.78, 1.15];
const COLON_ASIDE = 0.25; // from one dot's middle to the other's, across, at most
const OPERATOR_SIDES = [0.25, 0.35]; // shorter and longer one, at least

// Lines with the `signs` between their digits, each its `text`, its `box`, and its `place`, how many
// digits stand before it; and without commas and slashes among the digits. What is no sign and stands
// there as a digit does is one. `page` is the lines', with all that was cut in it.
export function withSigns(page, lines, score) {
  const commas = commasApart(lines);
  const slashes = slashesIn(lines);
  const apart = new Set([...commas.values()].flat());
  const kept = [];
  for (const line of lines) {
    const parts = (commas.get(line) ?? []).map(({ box }) => ({ text: COMMA, box }));
    for (const unit of line.units ?? [])
      parts.push({ text: OTHER, box: around(unit.map(({ box }) => box)) });
    const digits = line.digits.filter((digit) => !apart.has(digit));
    if (!digits.length) continue;
    const own = withoutSigns(page, { ...line, digits }, slashes, score);
    if (own.line.digits.length) kept.push({ line: own.line, parts: [...parts, ...own.parts] });
  }
  const told = kept.flatMap(({ line }) => [...line.digits, ...(line.units ?? []).flat()]);
  const labels = new Set(told.flatMap(({ pieces }) => pieces.map(({ label }) => label)));
  const signed = kept.map(({ line, parts }) => ({
    ...line,
    signs: signsOf(page, line.digits, parts, labels),
  }));
  return withDigitsAmid(signed);
}

// Of each line the commas that hang so low that they passed for a line of ones.
function commasApart(lines) {
  const commas = new Map();
  const bars = lines.filter(({ digits }) => digits.every(({ value }) => value === BAR));
  for (const bar of bars.flatMap(({ digits }) => digits)) {
    const found = lines.find(({ digits }) => {
      const before = digits.filter(({ box }) => box.column < bar.box.column);
      if (digits.includes(bar) || !before.length) return false;
      const last = before.reduce((one, other) => (other.box.column > one.box.column ? other : one));
      const gap = bar.box.left - last.box.right;
      return isLow(bar.box, last.box) && gap < CLOSE * last.box.height;
    });
    if (found) commas.set(found, [...(commas.get(found) ?? []), bar]);
  }
  return commas;
}

// The slashes that pass for ones; where there surely are some, shorter ones too.
function slashesIn(lines) {
  const sure = barsAsLong(lines, 0);
  const all = sure.size ? barsAsLong(lines, 1) : sure;
  return all.size ? all : sure;
}

// Bars as long as slashes, by the first or the second of the limits; none where one as long is where
// no slash can be, at the end of a line or beside another: then such are this hand's ones.
function barsAsLong(lines, limit) {
  const shapes = lines.flatMap(({ digits }) => digits.filter(({ value }) => value !== BAR));
  const tall = Math.max(0, ...shapes.map(({ box }) => box.height));
  const found = new Set();
  for (const { digits } of lines) {
    const places = [...digits.keys()].filter((place) => isSlash(digits, place, tall, limit));
    const isElsewhere = (place) =>
      place === 0 || place === digits.length - 1 || places.includes(place - 1);
    if (places.some(isElsewhere)) return new Set();
    for (const place of places) found.add(digits[place]);
  }
  return found;
}

// A line without the signs that pass for digits or for parts of them, and the former.
function withoutSigns(page, line, slashes, score) {
  const height = median(line.digits.map(({ box }) => box.height));
  const commas = new Set(line.digits.filter((_, place) => isComma(line.digits, place)));
  const bars = line.digits.filter((digit) => slashes.has(digit) && !commas.has(digit));
  let others = new Set();
  if (line.digits.length > 1) {
    const usual = line.digits.map((_, place) => besideOf(line.digits, place));
    const found = exclaimed(page, line.digits, usual, height);
    others = new Set([...found].filter((digit) => !commas.has(digit) && !slashes.has(digit)));
  }
  const parts = [
    ...[...commas].map(({ box }) => ({ text: COMMA, box })),
    ...bars.map(({ box }) => ({ text: SLASH, box })),
    ...[...others].map(({ box }) => ({ text: OTHER, box })),
  ];
  const digits = line.digits
    .filter((digit) => !commas.has(digit) && !slashes.has(digit) && !others.has(digit))
    .map((digit) => byItself(page, digit, height, score));
  return { line: { ...line, digits }, parts };
}

// A digit without those of its pieces that are dots, a dash or a comma beside it.
function byItself(page, digit, height, score) {
  const tall = digit.pieces.filter(({ box }) => box.height >= COMMA_HEIGHT * height);
  if (digit.pieces.length === 1 || !tall.length) return digit;
  const box = around(tall.map((piece) => piece.box));
  const kept = digit.pieces.filter((piece) => !isSignBeside(piece.box, box));
  if (kept.length === digit.pieces.length) return digit;
  const [alone] = candidates(page, [kept], score);
  const isAsSure = alone.confidence > AS_SURE * digit.confidence;
  return alone.value === digit.value && isAsSure ? alone : digit;
}

function isSignBeside(box, digit) {
  const half = box.width / 2;
  if (digit.left + half < box.right && box.left < digit.right - half) return false;
  const middle = (box.row - digit.top) / digit.height;
  const isFlat = box.width >= DASH_FLAT * box.height;
  const isHalfway = isFlat && isIn(middle, SHORT_DASH_MIDDLE);
  return isHalfway || box.size <= DOT_SIDE * digit.height || isLow(box, digit);
}

// Whether a box is as small and as low beside some digit as a comma.
function isLow(box, beside) {
  const [below, foot] = [box.top - beside.top, box.bottom - beside.top];
  const highest = foot > HANGING_FOOT * beside.height ? HANGING_HEIGHT : COMMA_HEIGHT;
  const isSmall = box.height < highest * beside.height && box.width < COMMA_WIDTH * beside.height;
  const isBelow = COMMA_TOP * beside.height < below && below < COMMA_LOWEST * beside.height;
  return isSmall && isBelow && foot > COMMA_FOOT * beside.height;
}

// Whether a 1 is as small and as low beside the digits around it as a comma.
const isComma = (digits, place) =>
  place > 0 && digits[place].value === BAR && isLow(digits[place].box, besideOf(digits, place));

// The usual box of the digits around one, of which there is one at least.
function besideOf(digits, place) {
  const near = digits.slice(Math.max(0, place - BESIDE), place + BESIDE + 1);
  return usualOf(near.filter((other) => other !== digits[place]).map(({ box }) => box));
}

// The medians of some boxes' edges.
function usualOf(boxes) {
  const edges = ["top", "left", "bottom", "right"];
  return new Box(...edges.map((edge) => rint(median(boxes.map((box) => box[edge])))));
}

// Whether a 1 is as long and leans as a slash; `tall` is the height of the page's tallest digit, bars
// apart.
function isSlash(digits, place, tall, limit) {
  const bar = digits[place];
  if (bar.value !== BAR || digits.length < 2) return false;
  const usual = besideOf(digits, place);
  const reach = Math.min(usual.top - bar.box.top, bar.box.bottom - usual.bottom);
  const least = Math.max(SLASH_HEIGHT[limit] * usual.height, SLASH_TALLEST[limit] * tall);
  const isBeyond = reach > SLASH_REACH[limit] * usual.height;
  return isBeyond && bar.box.height > least && leanOf(bar) > SLASH_LEAN;
}

// Columns a row that a bar leans to the right.
function leanOf({ image }) {
  const columns = rowMiddles(image);
  const few = Math.trunc(columns.length / 6);
  if (!few) return 0;
  return (mean(columns.slice(0, few)) - mean(columns.slice(-few))) / (columns.length - few);
}

// The signs between the digits, and a minus before the first, left to right; `passing` are those
// that passed for digits, and units; `labels` are of all that is some line's digit or unit.
function signsOf(page, digits, passing, labels) {
  const height = median(digits.map(({ box }) => box.height));
  const parts = digits.map(() => []); // before each
  const placeOf = (box) => digits.filter((digit) => digit.box.column < box.column).length;
  for (const part of passing) parts[placeOf(part.box)]?.push(part);
  const pieces = digits.flatMap((digit) => digit.pieces);
  for (const mark of marksBeside(page, pieces, height, labels)) {
    const place = placeOf(mark.box);
    if (place === digits.length) continue;
    const beside = digits.slice(Math.max(0, place - 1), place + 1).map(({ box }) => box);
    const text = textOf(mark, beside, height);
    if (text) parts[place].push({ text, box: mark.box });
  }
  return parts
    .map((some, place) => ({ ...(some.length ? together(some, height) : null), place }))
    .filter((sign) => sign.text && belongs(sign, digits, height));
}

// Whether a sign is near enough to the digit after it, or to the one before.
function belongs({ text, box, place }, digits, height) {
  if (!place) return text === DASH && digits[0].box.left - box.right < CLOSE * height;
  return ![POINT, COMMA].includes(text) || box.left - digits[place - 1].box.right < CLOSE * height;
}

// What a mark between two digits, or before one, says; null for nothing.
function textOf(mark, beside, height) {
  const { box } = mark;
  const usual = usualOf(beside);
  const tall = Math.max(LOWEST * height, usual.height);
  const middle = (box.row - usual.top) / tall;
  const isDot = box.size <= DOT_SIDE * tall;
  const isSlim = box.height > COMMA_SLIM * box.width;
  const isFree = beside.every((digit) => overlap(box, digit) <= FREE * box.width);
  if (box.width >= DASH_FLAT * box.height && isDash(box.width / tall, middle))
    return isFree ? barsOf(mark) : null;
  if (isDot && isIn(middle, POINT_MIDDLE))
    return isSlim && box.height > COMMA_LEAST * tall ? COMMA : POINT;
  if (isSlim && isLow(box, usual)) return COMMA;
  if (isDot) return isFree && DOT_MIDDLE < middle && middle < POINT_MIDDLE[0] ? RAISED : null;
  const isLarge =
    Math.min(box.height, box.width) >= OPERATOR_SIDES[0] * tall &&
    OPERATOR_SIDES[1] * tall <= box.size &&
    box.size <= LARGEST * tall;
  const isAmid = isIn(middle, DASH_MIDDLE);
  return isFree && isLarge && isAmid ? operatorOf(mark) : null;
}

const isIn = (value, [low, high]) => low < value && value < high;

// Whether a flat mark is as wide as a dash, and where one is, both in heights.
function isDash(width, middle) {
  if (width < DASH_WIDTH[0]) return width >= SHORT_DASH_WIDTH && isIn(middle, SHORT_DASH_MIDDLE);
  return width <= DASH_WIDTH[1] && isIn(middle, DASH_MIDDLE);
}

// Columns that two boxes have in common; less than none where they are apart.
const overlap = (one, other) =>
  Math.min(one.right, other.right) - Math.max(one.left, other.left);

// What marks between the same two digits say together.
function together(parts, height) {
  const texts = parts.map(({ text }) => text);
  const dots = parts.filter(({ text }) => [POINT, RAISED].includes(text));
  const columns = dots.map((dot) => dot.box.column);
  const areAbove =
    dots.length === 2 && Math.max(...columns) - Math.min(...columns) < COLON_ASIDE * height;
  const dashes = texts.filter((text) => text === DASH).length;
  const box = around(parts.map((part) => part.box));
  if (areAbove && dashes === 1) return { text: DIVIDED, box };
  if (areAbove && parts.length === 2 && texts.includes(RAISED)) return { text: COLON, box };
  if (parts.length === 2 && dashes === 2) return { text: EQUALS, box };
  const first = FIRST.find((text) => texts.includes(text));
  return parts.find(({ text }) => text === first) ?? null;
}
