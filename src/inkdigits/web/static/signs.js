// What stands between a line's digits: points, commas, colons, dashes and operators, told by their
// shapes and by where they stand, between the top of the digits beside them (0) and their foot (1),
// as Python's recognition/signs.py tells them.

import { mean, rint, sum } from "./arrays.js";
import { marksBeside } from "./beside.js";
import { Box, around } from "./components.js";
import { median } from "./filters.js";
import { rowMiddles } from "./marks.js";
import { candidates } from "./segmentation.js";

const [POINT, COMMA, COLON, DASH, SLASH] = [".", ",", ":", "-", "/"];
const [EQUALS, PLUS, TIMES, DIVIDED] = ["=", "+", "\u00d7", "\u00f7"];
const OTHER = " "; // a mark between two digits that is none of these
const RAISED = "\u00b7"; // a dot above the digits' foot, by itself no sign
const FIRST = [SLASH, PLUS, TIMES, EQUALS, OTHER, DASH, COMMA, POINT]; // of several, which tells

const BAR = 1; // a digit that any upright stroke looks like
const BESIDE = 2; // digits to either side, beside which one is looked at
const AS_SURE = 0.8; // of a digit's confidence, that it has without a sign beside it
// All lengths are shares of the digits' height. A comma: height and width at most, how far its top
// is below the digits' top, at least and at most, and its foot at least; the height at most of one
// whose foot is as low as the last says.
const [LOW, NARROW, BELOW, DEEPEST, FOOT] = [0.58, 0.4, 0.5, 1.1, 0.9];
const [HIGHER, HANGING] = [0.75, 1.15];
// A slash that passes for a 1: height, and the same of the page's tallest digit; how far it reaches
// beyond the digits, above and below; columns a row that it leans to the right; all at least.
const [LONG, LONGEST, REACH, LEANING] = [1.2, 1.1, 0.06, 0.15];
const LOWEST = 0.8; // digits beside a mark are taken for as high at least
const LARGEST = 1.6; // longer side of a sign, at most
const FLAT = 1.5; // a dash's width by its height
const [NOT_SHORT, WIDE] = [0.28, 1.3]; // its width
const [HIGH, DEEP] = [0.15, 0.9]; // its middle
const SHORT = 0.18; // the width of a short one, and its middle
const [ABOVE_HALF, BELOW_HALF] = [0.3, 0.7];
const DOT = 0.42; // sides of a dot, at most
const [ON_FOOT, LOWER, HIGHEST] = [0.78, 1.15, 0.05]; // a point's middle; any dot's
const [TALL, SLIM] = [0.3, 1]; // a comma's height at least; the same, of its width
const FREE = 0.6; // of the width of what is no point or comma, above or below a digit, at most
const [SHORTER, LONGER] = [0.25, 0.35]; // sides of an operator, at least
const [SQUARE, CROSSED] = [0.5, 2]; // a cross: side of the other; ink in its arms, of that between
const [PARTED, MIDST] = [0.4, 1 / 9]; // an equals sign's columns that part, at least; its ink amid
const IN_LINE = 0.25; // from one dot's middle to the other's, across
const CLOSE = 0.9; // from a point, a comma or a minus to its digit, at most

// Lines with the `signs` between their digits, each its `text`, its `box`, and its `place`, how many
// digits stand before it; and without commas and slashes among the digits. `page` is the lines', with
// all that was cut in it.
export function withSigns(page, lines, score) {
  const commas = commasApart(lines);
  const slashes = slashesIn(lines);
  const apart = new Set([...commas.values()].flat());
  const kept = [];
  for (const line of lines) {
    const parts = (commas.get(line) ?? []).map(({ box }) => ({ text: COMMA, box }));
    const digits = line.digits.filter((digit) => !apart.has(digit));
    if (digits.length) {
      const own = withoutSigns(page, { ...line, digits }, slashes, score);
      kept.push({ line: own.line, parts: [...parts, ...own.parts] });
    } else if (!line.digits.length) kept.push({ line, parts });
  }
  const labels = new Set(kept.flatMap(({ line }) => labelsOf(line.digits)));
  return kept.map(({ line, parts }) =>
    line.digits.length ? { ...line, signs: signsOf(page, line.digits, parts, labels) } : line,
  );
}

const labelsOf = (digits) => digits.flatMap(({ pieces }) => pieces.map(({ label }) => label));

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

// The slashes that pass for ones; none where a bar as long is where no slash can be, at the end of a
// line or beside another: then such are this hand's ones.
function slashesIn(lines) {
  const shapes = lines.flatMap(({ digits }) => digits.filter(({ value }) => value !== BAR));
  const tall = Math.max(0, ...shapes.map(({ box }) => box.height));
  const found = new Set();
  for (const { digits } of lines) {
    const places = [...digits.keys()].filter((place) => isSlash(digits, place, tall));
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
  const parts = [
    ...[...commas].map(({ box }) => ({ text: COMMA, box })),
    ...bars.map(({ box }) => ({ text: SLASH, box })),
  ];
  const digits = line.digits
    .filter((digit) => !commas.has(digit) && !slashes.has(digit))
    .map((digit) => byItself(page, digit, height, score));
  return { line: { ...line, digits }, parts };
}

// A digit without those of its pieces that are dots, a dash or a comma beside it.
function byItself(page, digit, height, score) {
  const tall = digit.pieces.filter(({ box }) => box.height >= LOW * height);
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
  const isFlat = box.width >= FLAT * box.height;
  const isHalfway = isFlat && ABOVE_HALF < middle && middle < BELOW_HALF;
  return isHalfway || box.size <= DOT * digit.height || isLow(box, digit);
}

// Whether a box is as small and as low beside some digit as a comma.
function isLow(box, beside) {
  const [below, foot] = [box.top - beside.top, box.bottom - beside.top];
  const highest = foot > HANGING * beside.height ? HIGHER : LOW;
  const isSmall = box.height < highest * beside.height && box.width < NARROW * beside.height;
  const isBelow = BELOW * beside.height < below && below < DEEPEST * beside.height;
  return isSmall && isBelow && foot > FOOT * beside.height;
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
function isSlash(digits, place, tall) {
  const bar = digits[place];
  if (bar.value !== BAR || digits.length < 2) return false;
  const usual = besideOf(digits, place);
  const reach = Math.min(usual.top - bar.box.top, bar.box.bottom - usual.bottom);
  const isLong = bar.box.height > Math.max(LONG * usual.height, LONGEST * tall);
  return reach > REACH * usual.height && isLong && leanOf(bar) > LEANING;
}

// Columns a row that a bar leans to the right.
function leanOf({ image }) {
  const columns = rowMiddles(image);
  const few = Math.trunc(columns.length / 6);
  if (!few) return 0;
  return (mean(columns.slice(0, few)) - mean(columns.slice(-few))) / (columns.length - few);
}

// The signs between the digits, and a minus before the first, left to right; `passing` are those
// that passed for digits, `labels` are of all that is some line's digit.
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
  const isDot = box.size <= DOT * tall;
  const isSlim = box.height > SLIM * box.width;
  const isFree = beside.every((digit) => overlap(box, digit) <= FREE * box.width);
  if (box.width >= FLAT * box.height && isDash(box.width / tall, middle))
    return isFree ? barsOf(mark) : null;
  if (isDot && ON_FOOT < middle && middle < LOWER)
    return isSlim && box.height > TALL * tall ? COMMA : POINT;
  if (isSlim && isLow(box, usual)) return COMMA;
  if (isDot) return isFree && HIGHEST < middle && middle < ON_FOOT ? RAISED : null;
  const isLarge =
    Math.min(box.height, box.width) >= SHORTER * tall &&
    LONGER * tall <= box.size &&
    box.size <= LARGEST * tall;
  const isAmid = HIGH < middle && middle < DEEP;
  return isFree && isLarge && isAmid ? operatorOf(mark) : null;
}

// Whether a flat mark is as wide as a dash, and where one is, both in heights.
function isDash(width, middle) {
  if (width < NOT_SHORT) return width >= SHORT && ABOVE_HALF < middle && middle < BELOW_HALF;
  return width <= WIDE && HIGH < middle && middle < DEEP;
}

// Columns that two boxes have in common; less than none where they are apart.
const overlap = (one, other) =>
  Math.min(one.right, other.right) - Math.max(one.left, other.left);

// Whether a flat mark is one dash, or two that touch somewhere.
function barsOf(mark) {
  const { height, width, data } = mark.own;
  let parted = 0;
  for (let column = 0; column < width; column += 1) {
    let runs = 0;
    for (let row = 0; row < height; row += 1) {
      const place = row * width + column;
      if (data[place] && !(row && data[place - width])) runs += 1;
    }
    if (runs > 1) parted += 1;
  }
  return parted > PARTED * width && ninthsOf(mark)[4] < MIDST ? EQUALS : DASH;
}

// Which operator a large mark is.
function operatorOf(mark) {
  const { height, width } = mark.box;
  if (width > height && barsOf(mark) === EQUALS) return EQUALS;
  if (Math.min(height, width) < SQUARE * Math.max(height, width)) return OTHER;
  const ink = ninthsOf(mark);
  const corners = ink[0] + ink[2] + ink[6] + ink[8];
  const edges = ink[1] + ink[3] + ink[5] + ink[7];
  if (edges > CROSSED * corners) return PLUS;
  return corners > CROSSED * edges ? TIMES : OTHER;
}

// The share of a mark's ink in each ninth of its box, row by row.
function ninthsOf({ own: { height, width, data } }) {
  const ninths = new Float64Array(9);
  data.forEach((isInk, place) => {
    const row = Math.trunc((3 * Math.trunc(place / width)) / height);
    const column = Math.trunc((3 * (place % width)) / width);
    ninths[3 * row + column] += isInk;
  });
  const total = sum(ninths);
  return ninths.map((ink) => ink / total);
}

// What marks between the same two digits say together.
function together(parts, height) {
  const texts = parts.map(({ text }) => text);
  const dots = parts.filter(({ text }) => [POINT, RAISED].includes(text));
  const columns = dots.map((dot) => dot.box.column);
  const areAbove =
    dots.length === 2 && Math.max(...columns) - Math.min(...columns) < IN_LINE * height;
  const dashes = texts.filter((text) => text === DASH).length;
  const box = around(parts.map((part) => part.box));
  if (areAbove && dashes === 1) return { text: DIVIDED, box };
  if (areAbove && parts.length === 2 && texts.includes(RAISED)) return { text: COLON, box };
  if (parts.length === 2 && dashes === 2) return { text: EQUALS, box };
  const first = FIRST.find((text) => texts.includes(text));
  return parts.find(({ text }) => text === first) ?? null;
}
