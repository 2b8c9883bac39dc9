// The few image filters that reading needs, as Python's images/filters.py has them. Edges continue
// with their last pixel.

import { Plane, not, sum } from "./arrays.js";
import { product } from "./convolution.js";

// The value that a share of all lies below, between two values in proportion.
export function quantile(values, share) {
  const own = Array.isArray(values) ? Float64Array.from(values) : values.slice();
  const place = share * (own.length - 1);
  const low = Math.floor(place);
  const below = select(own, low);
  if (low === place) return below;
  // What is larger lies behind it.
  let above = own[low + 1];
  for (let k = low + 2; k < own.length; k += 1) if (own[k] < above) above = own[k];
  return below + (above - below) * (place - low);
}

// The value at a place of the sorted numbers, which are put before and behind it (Hoare, 'Algorithm
// 65: Find', 1961): several times as fast as sorting.
function select(values, place) {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[(first + last) >> 1];
    let low = first;
    let high = last;
    while (low <= high) {
      while (values[low] < pivot) low += 1;
      while (values[high] > pivot) high -= 1;
      if (low > high) break;
      const one = values[low];
      values[low] = values[high];
      values[high] = one;
      low += 1;
      high -= 1;
    }
    if (place <= high) last = high;
    else if (place >= low) first = low;
    else break;
  }
  return values[place];
}

export const median = (values) => quantile(values, 0.5);

// Gaussian means of a small plane, a matrix product along each axis.
export function gaussian(plane, sigma, truncate = 4) {
  const down = weighted(plane, sigma, truncate);
  return weighted(down.transposed(), sigma, truncate).transposed();
}

// Gaussian means down each column.
function weighted({ height, width, data }, sigma, truncate) {
  const matrix = gaussianMatrix(height, sigma, truncate);
  return new Plane(height, width, product(matrix, data, height, width));
}

// What each pixel of a line counts for each, row by row.
function gaussianMatrix(size, sigma, truncate) {
  const reach = Math.trunc(truncate * sigma + 0.5);
  const weights = new Float64Array(2 * reach + 1);
  for (let k = -reach; k <= reach; k += 1)
    weights[k + reach] = Math.exp((-k * k) / (2 * sigma * sigma));
  const total = sum(weights);
  const matrix = new Float32Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let k = -reach; k <= reach; k += 1) {
      const place = Math.min(size - 1, Math.max(0, row + k));
      matrix[row * size + place] += weights[k + reach] / total;
    }
  }
  return matrix;
}

// Means of odd `size` x `size` windows.
export function boxMean(plane, size) {
  return new Plane(plane.height, plane.width, rowMeans(downMeans(plane, size), plane.width, size));
}

// Running means down each column.
function downMeans({ height, width, data }, size) {
  const reach = (size - 1) / 2;
  const means = new data.constructor(data.length);
  const sums = new Float64Array(width);
  const at = (row) => Math.min(height - 1, Math.max(0, row)) * width;
  for (let row = -reach; row < height + reach; row += 1) {
    const last = at(row);
    for (let k = 0; k < width; k += 1) sums[k] += data[last + k];
    const middle = row - reach;
    if (middle < 0) continue;
    const first = at(middle - reach);
    const to = middle * width;
    for (let k = 0; k < width; k += 1) {
      means[to + k] = sums[k] / size;
      sums[k] -= data[first + k];
    }
  }
  return means;
}

// Running means along each row.
function rowMeans(data, width, size) {
  const reach = (size - 1) / 2;
  const means = new data.constructor(data.length);
  for (let start = 0; start < data.length; start += width) {
    const line = edged(data.subarray(start, start + width), reach, 1);
    let sum = 0;
    for (let k = 0; k < size - 1; k += 1) sum += line[k];
    for (let k = 0; k < width; k += 1) {
      sum += line[k + size - 1];
      means[start + k] = sum / size;
      sum -= line[k];
    }
  }
  return means;
}

// The largest of each odd `size` x `size` window.
export const largest = (plane, size) => largestWithin(plane.padded((size - 1) / 2), size);

// The largest and the smallest of each window that lies within a plane: `size - 1` rows and columns
// fewer.
export const largestWithin = (plane, size) => extremesWithin(plane, size, 1);
export const smallestWithin = (plane, size) => extremesWithin(plane, size, -1);

function extremesWithin({ height, width, data }, size, sign) {
  const [rows, columns] = [height - size + 1, width - size + 1];
  const values = data.slice();
  slide(values, width, size, sign);
  // All rows as one line, of which the windows that lie within a row count.
  const down = new Plane(rows, width, values.subarray(0, rows * width));
  slide(down.data, 1, size, sign);
  return down.cut(0, 0, rows, columns);
}

// Numbers with the first and the last `inner` of them repeated `reach` times before and behind.
function edged(values, reach, inner) {
  const long = new values.constructor(values.length + 2 * reach * inner);
  long.set(values, reach * inner);
  const last = values.subarray(values.length - inner);
  for (let k = 0; k < reach; k += 1) {
    long.set(values.subarray(0, inner), k * inner);
    long.set(last, values.length + (reach + k) * inner);
  }
  return long;
}

// Each number becomes the largest of it and those after it, `size` in all, `inner` apart, or with the
// sign -1 the smallest: by windows of 1, 2, 4, ... of them, of which two cover any size.
function slide(values, inner, size, sign) {
  let wide = 1;
  for (; 2 * wide <= size; wide *= 2) choose(values, wide * inner, sign);
  choose(values, (size - wide) * inner, sign);
}

// Each number becomes the larger of it and the one `apart` further; with the sign -1 the smaller.
// Without a branch: which of them it is, a processor guesses wrongly too often.
function choose(values, apart, sign) {
  const count = values.length - apart;
  for (let place = 0; place < count; place += 1) {
    const one = values[place];
    const other = values[place + apart];
    values[place] = (one + other + sign * Math.abs(one - other)) / 2;
  }
}

// Marks with all pixels at most `reach` from one, corners included.
export function dilated(mask, reach = 1) {
  const { height, width, data } = lengthened(mask, reach);
  const grown = new Uint8Array(data.length);
  const reached = new Int32Array(width).fill(-1); // the last row that the marks so far reach
  for (let row = 0; row < height + reach; row += 1) {
    if (row < height) {
      const start = row * width;
      const last = row + 2 * reach;
      for (let k = 0; k < width; k += 1) {
        const isMarked = -data[start + k]; // all bits, or none
        reached[k] = (isMarked & last) | (~isMarked & reached[k]);
      }
    }
    if (row < reach) continue;
    const to = (row - reach) * width;
    for (let k = 0; k < width; k += 1) grown[to + k] = Number(row <= reached[k]);
  }
  return new Plane(height, width, grown);
}

// Marks with all pixels at most `reach` to the left or right of one.
export function lengthened({ height, width, data }, reach) {
  const long = new Uint8Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    let reached = -1; // the last column that the marks so far reach
    for (let column = 0; column < width + reach; column += 1) {
      if (column < width && data[start + column]) reached = column + 2 * reach;
      if (column >= reach && column <= reached) long[start + column - reach] = 1;
    }
  }
  return new Plane(height, width, long);
}

// Marks all of whose neighbours at most `reach` away are marked; beyond edges none are.
export function eroded(mask, reach = 1) {
  const shrunk = not(dilated(not(mask.padded(reach, 0)), reach));
  return shrunk.cut(reach, reach, reach + mask.height, reach + mask.width);
}

// The median of each 3x3 window.
export function medianOfNine(plane) {
  const around = plane.padded(1);
  const values = new Float32Array(9);
  return plane.map(Float32Array, (_, place) => {
    const start = Math.trunc(place / plane.width) * around.width + (place % plane.width);
    for (let row = 0; row < 3; row += 1) {
      for (let column = 0; column < 3; column += 1) {
        values[3 * row + column] = around.data[start + row * around.width + column];
      }
    }
    values.sort();
    return values[4];
  });
}
