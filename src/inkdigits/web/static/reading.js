// What was read, in the form that the HTTP API answers with.

import { rint } from "./arrays.js";
import { median } from "./filters.js";
import { SIDE } from "./normalize.js";

// Shares of the digits' height: a gap that may be between two numbers, one that is in any case; and
// how many times further apart than others their middles are where it is.
const WIDE = 0.8;
const WIDEST = 1.5;
const FURTHER = 1.6;

// `size`, `scale` and `start` are the upright picture's: [height, width] in pixels before it was
// reduced, how many of those a pixel stands for, down and across, and the row and column where
// what was read begins in it.
export function toJson(lines, { size: [height, width], scale, start }, way, lightOnDark) {
  const rows = lines.map(({ digits: read }) => {
    const digits = read.map((digit) => digitToJson(digit, scale, start));
    return { text: textOf(digits), numbers: numbersOf(digits).map(numberToJson), digits };
  });
  return {
    text: rows.map((row) => row.text).join("\n"),
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

const textOf = (digits) => digits.map((digit) => digit.value).join("");

// A line's digits by the numbers that they make, as Python's `Line.numbers` has them.
function numbersOf(digits) {
  const height = median(digits.map(({ box }) => box[3]));
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
    return isApart ? digits.map((digit) => [digit]) : [digits];
  }
  const near = pairs.filter(({ gap }) => gap <= WIDE).map(({ apart }) => apart);
  const usual = near.length ? median(near) : Infinity;
  const numbers = [[digits[0]]];
  pairs.forEach(({ gap, apart }, place) => {
    const isWide = gap > WIDEST || (gap > WIDE && apart > FURTHER * usual);
    if (isWide) numbers.push([]);
    numbers.at(-1).push(digits[place + 1]);
  });
  return numbers;
}

function numberToJson(digits) {
  const boxes = digits.map(({ box }) => box);
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  return {
    text: textOf(digits),
    confidence: Math.min(...digits.map(({ confidence }) => confidence)),
    box: [left, top, right - left, bottom - top],
  };
}

function digitToJson({ value, confidence, box, digits, image }, [down, across], [top, left]) {
  const [width, height] = [
    Math.max(1, rint(box.width * across)),
    Math.max(1, rint(box.height * down)),
  ];
  return {
    value,
    confidence,
    box: [rint((left + box.left) * across), rint((top + box.top) * down), width, height],
    probabilities: digits.map(rounded),
    image: Array.from({ length: SIDE }, (_, row) =>
      Array.from(image.subarray(SIDE * row, SIDE * (row + 1))),
    ),
  };
}

export const rounded = (share) => Math.round(share * 1e6) / 1e6;
