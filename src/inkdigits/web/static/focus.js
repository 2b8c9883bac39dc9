// Digits out of focus are made sharper, as Python's images/focus.py does.

import { SIDE } from "./normalize.js";

const SOFT = 66; // levels of 255 by which pixels side by side differ, by steps' weighted mean

// Whether a normalised digit of 28 x 28 bytes has no sharp edge, thick or thin as it is.
export function isSoft(image) {
  let [squares, total] = [0, 0];
  const add = (step) => {
    squares += step * step;
    total += Math.abs(step);
  };
  image.forEach((level, place) => {
    if (place >= SIDE) add(level - image[place - SIDE]);
    if (place % SIDE) add(level - image[place - 1]);
  });
  return squares < SOFT * total;
}

// Ink in [0, 1] with edges twice as steep, half of a full stroke's where it was.
export const sharpened = (ink) =>
  ink.map(Float32Array, (value) => Math.min(1, Math.max(0, 2 * value - 0.5)));
