// What was read, in the form that the HTTP API answers with.

import { rint } from "./arrays.js";
import { median } from "./filters.js";
import { SIDE } from "./normalize.js";

// Shares of the digits' height: a gap that may be between two numbers, one that is in any case; and
// how many times further apart than others their middles are where it is.
const WIDE = 0.8;
const WIDEST = 1.5;
const FURTHER = 1.6;

const WITHIN = [".", ","]; // signs that a number holds; the others part numbers
const MINUS = "-";
const NEARER = 0.5; // of the way to the number before it, that a minus is from its own at most

// `size`, `scale` and `start` are the upright picture's: [height, width] in pixels before it was
// reduced, how many of those a pixel stands for, down and across, and the row and column where
// what was read begins in it.
export function toJson(lines, { size: [height, width], scale, start }, way, lightOnDark) {
  const rows = lines.map((line) => lineToJson(line, scale, start));
  return {
    text: rows.map((row) => row.text).join("\n"),
    written: rows.map((row) => row.written).join("\n"),
    lines: rows,
    width,
    height,
    turned: 90 * way.quarters, // degrees clockwise by which it lay turned
    // The same, or what may be right: it makes as good digits, or better ones, no sure numbers.
    perhaps_turned: 90 * way.perhaps,
    light_on_dark: lightOnDark,
    has_more_pages: false, // browsers decode no TIFF
  };
}

function lineToJson(line, scale, start) {
  const digits = line.digits.map((digit) => digitToJson(digit, scale, start));
  const signs = (line.signs ?? []).map(({ text, place, box }) => ({
    text,
    after: place,
    box: placed(box, scale, start),
  }));
  const parts = partsOf(digits, signs);
  return {
    text: textOf(digits),
    written: parts.map(({ before, number }) => before + number.written).join(""),
    numbers: parts.map(({ number }) => number),
    signs,
    digits,
  };
}

const textOf = (digits) => digits.map((digit) => digit.value).join("");

// A line's numbers, each after what parts it from the one `before`, as Python's `Line` has them.
function partsOf(digits, signs) {
  const height = median(digits.map(({ box }) => box[3]));
  // Points and commas that the next digit is near to.
  const isHeld = ({ text, after, box: [left, , width] }) =>
    WITHIN.includes(text) && digits[after].box[0] - (left + width) <= WIDE * height;
  const held = new Set(signs.filter(isHeld).map(({ after }) => after));
  const gaps = new Set(gapsOf(digits, height).filter((place) => !held.has(place)));
  const minuses = signs.filter((sign) => isMinus(sign, digits, gaps, height));
  const others = signs.filter((sign) => !minuses.includes(sign));
  const parting = others.filter(({ text }) => !WITHIN.includes(text)).map(({ after }) => after);
  const starts = [...new Set([0, ...gaps, ...parting])].sort((one, other) => one - other);
  return starts.map((start, place) => {
    const end = starts[place + 1] ?? digits.length;
    const own = [
      ...minuses.filter(({ after }) => after === start),
      ...others.filter(({ after }) => start < after && after < end),
    ];
    const between = others.filter(({ after }) => after === start).map(({ text }) => text.trim());
    let before = between.join("");
    if (start && (!before || WITHIN.includes(before))) before += " ";
    return { before, number: numberToJson(digits.slice(start, end), own, start) };
  });
}

// Whether a dash belongs to the number after it: it begins the line, or is nearer to it.
function isMinus({ text, after, box: [left, , width] }, digits, gaps, height) {
  if (text !== MINUS || !after) return text === MINUS;
  const [last, , before] = digits[after - 1].box;
  const gap = digits[after].box[0] - (left + width);
  const apart = left - (last + before);
  return gaps.has(after) && apart > WIDE * height && gap < NEARER * apart;
}

// The places of the digits that numbers begin with, but the first's, by gaps alone.
function gapsOf(digits, height) {
  const pairs = digits.slice(1).map(({ box: [x, , width] }, place) => {
    const [left, , before] = digits[place].box;
    return {
      gap: x / height - (left / height + before / height),
      apart: x / height + width / height / 2 - (left / height + before / height / 2),
    };
  });
  const everyApart = pairs.map(({ apart }) => apart);
  if (Math.max(...everyApart) <= FURTHER * Math.min(...everyApart)) {
    const isApart = pairs.length && median(pairs.map(({ gap }) => gap)) > WIDEST;
    return isApart ? pairs.map((_, place) => place + 1) : [];
  }
  const near = pairs.filter(({ gap }) => gap <= WIDE).map(({ apart }) => apart);
  const usual = near.length ? median(near) : Infinity;
  const isWide = ({ gap, apart }) => gap > WIDEST || (gap > WIDE && apart > FURTHER * usual);
  return pairs.flatMap((pair, place) => (isWide(pair) ? [place + 1] : []));
}

// `start` is the number's place in its line, which its signs count from.
function numberToJson(digits, signs, start) {
  const boxes = digits.map(({ box }) => box);
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  return {
    text: textOf(digits),
    written: digits
      .map(({ value }, place) => {
        const before = signs.filter(({ after }) => after === start + place);
        return before.map(({ text }) => text).join("") + value;
      })
      .join(""),
    confidence: Math.min(...digits.map(({ confidence }) => confidence)),
    box: [left, top, right - left, bottom - top],
  };
}

function digitToJson({ value, confidence, box, digits, image }, scale, start) {
  return {
    value,
    confidence,
    box: placed(box, scale, start),
    probabilities: digits.map(rounded),
    image: Array.from({ length: SIDE }, (_, row) =>
      Array.from(image.subarray(SIDE * row, SIDE * (row + 1))),
    ),
  };
}

// Left, top, width and height in the upright picture's pixels.
function placed(box, [down, across], [top, left]) {
  const [width, height] = [
    Math.max(1, rint(box.width * across)),
    Math.max(1, rint(box.height * down)),
  ];
  return [rint((left + box.left) * across), rint((top + box.top) * down), width, height];
}

export const rounded = (share) => Math.round(share * 1e6) / 1e6;
