// Ink becomes what MNIST holds: 20x20 pixels, aspect kept, centre of mass in the middle of 28x28,
// as Python's images/normalize.py does.

import { rint } from "./arrays.js";

export const SIDE = 28; // pixels of the result
export const FIT = 20; // pixels of the digit's longer side
const CENTRE = 14; // row and column of the centre of mass, counted from 0
export const EDGE = 0.25; // ink weaker than this does not count towards a digit's extent
const FULL = 0.98; // the share of a digit's pixels that are no stronger than what becomes white
export const INKED = 0.1; // of full strength; weaker is paper

const single = Math.fround; // rounded as Python's, so that ties fall to the same side

// One digit's ink in [0, 1], 1 the full stroke, as MNIST would hold it: 28 x 28 bytes, white ink on
// black; all black where there is none.
export function normalize(ink) {
  const [rows, columns] = [masses(ink), masses(ink.transposed())];
  const scale = Math.min(single(FIT / rows.length), single(FIT / columns.length));
  const down = weightsOf(rows, scale);
  const across = weightsOf(columns, scale);
  return whitened(fitted(ink, down, across));
}

// Of each row its sum of ink, the first one that is inked, and how many from there to the last.
function masses({ height, width, data }) {
  const sums = new Float64Array(height);
  let [first, last] = [-1, -1];
  for (let row = 0; row < height; row += 1) {
    let [total, isInked] = [0, false];
    for (let place = row * width; place < (row + 1) * width; place += 1) {
      total += data[place];
      isInked ||= data[place] >= EDGE;
    }
    sums[row] = total;
    if (!isInked) continue;
    if (first < 0) first = row;
    last = row;
  }
  return first < 0 ? { sums, first: 0, length: height } : { sums, first, length: last + 1 - first };
}

// How much each input pixel of an axis counts for each of 28 output pixels.
function weightsOf({ sums, first }, scale) {
  let [total, moment] = [0, 0];
  sums.forEach((mass, place) => {
    total += mass;
    moment += mass * (place - first); // exact: the same wherever the ink lies
  });
  const middle = moment / Math.max(total, 1e-6);
  // Where an input pixel's middle lies in the 20 pixels of the fitted digit, and those in the 28.
  const inFit = scale * (middle + 0.5) - 0.5;
  const start = single(rint(CENTRE - inFit) - 0.5 + 0.5 * scale);
  return triangles(start - scale * first, scale, sums.length, SIDE);
}

// How much each input pixel of an axis counts for each output pixel: for each of those, the first
// that counts and the weights from there. The first input pixel's middle has the place `start`
// among the output pixels, and an input pixel is `scale` of them wide.
export function triangles(start, scale, inputs, outputs) {
  const reach = Math.max(scale, 1);
  return Array.from({ length: outputs }, (_, output) => {
    const from = Math.max(0, Math.floor((output - reach - start) / scale));
    const to = Math.min(inputs - 1, Math.ceil((output + reach - start) / scale));
    const weights = [];
    let all = 0;
    for (let place = from; place <= to; place += 1) {
      const weight = Math.max(0, 1 - Math.abs(start + scale * place - output) / reach);
      weights.push(weight);
      all += weight;
    }
    // Beyond the input's edge there is paper: such a pixel's weights sum to less than others'.
    const sum = Math.max(all, reach / scale);
    return { from, weights: weights.map((weight) => weight / sum) };
  });
}

// The weighted sums, row by row.
export function fitted({ width, data }, down, across) {
  const result = new Float32Array(down.length * across.length);
  const line = new Float64Array(width);
  down.forEach(({ from, weights }, row) => {
    line.fill(0);
    weights.forEach((weight, k) => {
      if (weight === 0) return;
      const start = (from + k) * width;
      for (let column = 0; column < width; column += 1)
        line[column] += weight * data[start + column];
    });
    across.forEach((axis, column) => {
      let total = 0;
      for (let k = 0; k < axis.weights.length; k += 1)
        total += axis.weights[k] * line[axis.from + k];
      result[row * across.length + column] = total;
    });
  });
  return result;
}

// Thin strokes have lost strength in being reduced: an image's strongest become white.
function whitened(levels) {
  let [inked, white] = [0, 0];
  for (const level of levels) {
    inked += Number(level > INKED);
    white += Number(level >= FULL);
  }
  let peak = 1;
  if (white <= (1 - FULL) * inked) {
    const place = levels.length - 1 - Math.floor((1 - FULL) * inked);
    const strongest = levels.slice().sort()[place];
    if (strongest > INKED) peak = strongest;
  }
  // A clamped array rounds halves to the even number, as numpy does.
  return new Uint8Array(new Uint8ClampedArray(levels.map((level) => single(level / peak) * 255)));
}
