// Planes made smaller by blocks or by Pillow's box filter, and larger by its bicubic one.

import { Plane } from "./arrays.js";

// How many pixels a side a block has, for the long side to be at most about `longest` blocks.
export function factorFor({ height, width }, longest) {
  return Math.max(1, Math.ceil(Math.max(height, width) / longest));
}

// Means of blocks, so that the long side is at most about `longest` pixels.
export const reduceTo = (plane, longest) => reduceBy(plane, factorFor(plane, longest));

// Means of blocks of `factor` pixels a side; the last blocks are filled up by the edge's pixels.
export function reduceBy(plane, factor) {
  if (factor === 1) return plane;
  const blocks = emptyBlocks(plane, factor);
  const { height, width, data } = plane;
  for (let row = 0; row < blocks.height * factor; row += 1) {
    const to = Math.trunc(row / factor) * blocks.width;
    const start = Math.min(height - 1, row) * width;
    for (let column = 0; column < blocks.width; column += 1) {
      let total = 0;
      const left = start + column * factor;
      const right = Math.min(left + factor, start + width);
      for (let place = left; place < right; place += 1) total += data[place];
      blocks.data[to + column] += total + (left + factor - right) * data[start + width - 1];
    }
  }
  return blocks.map(Float32Array, (total) => total / (factor * factor));
}

// The largest of each block.
export function largestOfBlocks(plane, factor) {
  const blocks = emptyBlocks(plane, factor);
  blocks.data.fill(-Infinity);
  const { height, width, data } = plane;
  for (let row = 0; row < height; row += 1) {
    const to = Math.trunc(row / factor) * blocks.width;
    const start = row * width;
    for (let column = 0; column < blocks.width; column += 1) {
      let largest = blocks.data[to + column];
      const left = start + column * factor;
      const right = Math.min(left + factor, start + width);
      for (let place = left; place < right; place += 1)
        if (data[place] > largest) largest = data[place];
      blocks.data[to + column] = largest;
    }
  }
  return blocks.map(Float32Array, (value) => value);
}

function emptyBlocks({ height, width }, factor) {
  const [rows, columns] = [Math.ceil(height / factor), Math.ceil(width / factor)];
  return new Plane(rows, columns, new Float64Array(rows * columns));
}

// `factor` times as large, bicubic, cut to a size: the last blocks may hang over the edge.
export function enlarge(small, height, width, factor) {
  if (factor === 1) return small;
  const across = axisWeights(small.width, small.width * factor, 2, bicubic).slice(0, width);
  const down = axisWeights(small.height, small.height * factor, 2, bicubic).slice(0, height);
  return alongRows(alongColumns(small, across), down);
}

// A plane of bytes reduced to a size by means of boxes.
export function reduceTo8Bits(plane, height, width) {
  const box = (x) => (x > -0.5 && x <= 0.5 ? 1 : 0);
  const across = axisWeights(plane.width, width, 0.5, box);
  const down = axisWeights(plane.height, height, 0.5, box);
  const wide = alongColumns(plane, across);
  for (let place = 0; place < wide.data.length; place += 1)
    wide.data[place] = Math.floor(wide.data[place] + 0.5); // Pillow rounds between
  const reduced = alongRows(wide, down);
  const bytes = new Uint8Array(reduced.data.length);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = reduced.data[place] + 0.5;
  return new Plane(height, width, bytes);
}

// Keys's kernel with a = -0.5 ('Cubic Convolution Interpolation', 1981).
function bicubic(x) {
  const away = Math.abs(x);
  if (away < 1) return (1.5 * away - 2.5) * away * away + 1;
  return away < 2 ? ((-0.5 * away + 2.5) * away - 4) * away + 2 : 0;
}

// For each output pixel the first input pixel that counts, and how much it and the next ones do.
function axisWeights(from, to, support, kernel) {
  const scale = from / to;
  const wide = Math.max(1, scale);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * wide + 0.5));
    const last = Math.min(from, Math.trunc(centre + support * wide + 0.5));
    const weights = Array.from({ length: last - first }, (__, k) =>
      kernel((first + k - centre + 0.5) / wide),
    );
    const total = weights.reduce((one, other) => one + other, 0);
    return { first, weights: weights.map((weight) => weight / (total || 1)) };
  });
}

function alongColumns({ height, width, data }, axis) {
  const result = new Float32Array(height * axis.length);
  const firsts = Int32Array.from(axis, ({ first }) => first);
  const counts = Int32Array.from(axis, ({ weights }) => weights.length);
  const weights = Float64Array.from(axis.flatMap((one) => one.weights));
  for (let row = 0, to = 0; row < height; row += 1) {
    for (let column = 0, k = 0; column < firsts.length; column += 1, to += 1) {
      let total = 0;
      let from = row * width + firsts[column];
      for (const end = k + counts[column]; k < end; k += 1, from += 1)
        total += weights[k] * data[from];
      result[to] = total;
    }
  }
  return new Plane(height, axis.length, result);
}

function alongRows({ height, width, data }, axis) {
  const result = new Float32Array(axis.length * width);
  for (let row = 0, to = 0; row < axis.length; row += 1, to += width) {
    const { first, weights } = axis[row];
    const start = (k) => Math.min(height - 1, first + k) * width;
    const share = (k) => weights[k] ?? 0;
    // Four rows at once; where there are fewer, the last ones count nothing.
    for (let k = 0; k < weights.length; k += 4) {
      const [a, b, c, d] = [start(k), start(k + 1), start(k + 2), start(k + 3)];
      const [w0, w1, w2, w3] = [share(k), share(k + 1), share(k + 2), share(k + 3)];
      for (let column = 0; column < width; column += 1) {
        result[to + column] +=
          w0 * data[a + column] +
          w1 * data[b + column] +
          w2 * data[c + column] +
          w3 * data[d + column];
      }
    }
  }
  return new Plane(axis.length, width, result);
}

// Every `step`th row's every `step`th pixel.
export function sampledPlane(plane, step) {
  const [height, width] = [plane.height, plane.width].map((side) => Math.ceil(side / step));
  return new Plane(height, width, plane.sampled(step));
}
