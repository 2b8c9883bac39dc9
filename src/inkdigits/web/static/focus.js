// Digits out of focus are made sharper, as Python's images/focus.py does.

import { Plane, extremes } from "./arrays.js";
import { gaussian } from "./filters.js";
import { FIT, SIDE, normalize } from "./normalize.js";

const SOFT = 66; // levels of 255 by which pixels side by side differ, by steps' weighted mean
const BLUR = 0.1; // of a digit's longer side, standard deviation, that is taken back
const ROUNDS = 5;

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

// A soft digit of 28 x 28 bytes as if less blurred, its edges twice as steep, normalised again. What
// blurring the result so far would still take is added to it, a few times over (van Cittert, 1931).
export function sharpened(image) {
  const share = (value) => Math.min(1, Math.max(0, value));
  const ink = new Plane(SIDE, SIDE, image).map(Float32Array, (level) => level / 255);
  let sharp = ink;
  for (let round = 0; round < ROUNDS; round += 1) {
    const soft = gaussian(sharp, BLUR * FIT).data;
    sharp = sharp.map(Float32Array, (value, place) => share(value + ink.data[place] - soft[place]));
  }
  const [, most] = extremes(sharp.data);
  return normalize(sharp.map(Float32Array, (value) => share((2 * value) / most - 0.75)));
}
