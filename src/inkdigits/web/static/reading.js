// What was read, in the form that the HTTP API answers with.

import { rint } from "./arrays.js";
import { SIDE } from "./normalize.js";

// `size`, `scale` and `start` are the upright picture's: [height, width] in pixels before it was
// reduced, how many of those a pixel stands for, down and across, and the row and column where
// what was read begins in it.
export function toJson(lines, { size: [height, width], scale, start }, way, lightOnDark) {
  const rows = lines.map(({ digits }) => ({
    text: digits.map((digit) => digit.value).join(""),
    digits: digits.map((digit) => digitToJson(digit, scale, start)),
  }));
  return {
    text: rows.map((row) => row.text).join("\n"),
    lines: rows,
    width,
    height,
    turned: 90 * way.quarters, // degrees clockwise by which it lay turned
    // By which what was read makes as good digits, if not enough better ones to turn it.
    perhaps_turned: 90 * (rows.length ? way.perhaps : way.quarters),
    light_on_dark: lightOnDark,
    has_more_pages: false, // browsers decode no TIFF
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
