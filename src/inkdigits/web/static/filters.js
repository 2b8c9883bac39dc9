// The few image filters that reading needs, as Python's images/filters.py has them. Edges continue
// with their last pixel.

import { Plane, not } from "./arrays.js";

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

// Gaussian means of a small plane, along each axis in turn.
export function gaussian({ height, width, data }, sigma, truncate = 4) {
  const reach = Math.trunc(truncate * sigma + 0.5);
  const weights = new Float64Array(2 * reach + 1);
  for (let k = -reach; k <= reach; k += 1)
    weights[k + reach] = Math.exp((-k * k) / (2 * sigma * sigma));
  const total = weights.reduce((one, other) => one + other);
  for (let k = 0; k < weights.length; k += 1) weights[k] /= total;
  const rows = weightedLines(data, height, width, weights);
  const turned = new Plane(height, width, rows).transposed();
  const columns = weightedLines(turned.data, width, height, weights);
  return new Plane(width, height, columns).transposed();
}

// Each row as a weighted sum of the rows around it, four of them at a time.
function weightedLines(data, height, width, weights) {
  const reach = (weights.length - 1) / 2;
  const smooth = new Float32Array(data.length);
  const line = new Float64Array(width);
  const four = new Float64Array(weights.length + 3);
  four.set(weights);
  const at = (row) => Math.min(height - 1, Math.max(0, row)) * width;
  for (let row = 0; row < height; row += 1) {
    line.fill(0);
    for (let k = 0; k < weights.length; k += 4) {
      const [a, b, c, d] = [
        at(row + k - reach),
        at(row + k - reach + 1),
        at(row + k - reach + 2),
        at(row + k - reach + 3),
      ];
      const [w0, w1, w2, w3] = [four[k], four[k + 1], four[k + 2], four[k + 3]];
      for (let column = 0; column < width; column += 1) {
        line[column] +=
          w0 * data[a + column] +
          w1 * data[b + column] +
          w2 * data[c + column] +
          w3 * data[d + column];
      }
    }
    smooth.set(line, row * width);
  }
  return smooth;
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
export function largest({ height, width, data }, size) {
  const reach = (size - 1) / 2;
  const down = new data.constructor(data.length);
  slideLargest(down, 0, edged(data, reach, width), width, size);
  const across = new data.constructor(data.length);
  const line = new data.constructor(width + 2 * reach);
  for (let start = 0; start < data.length; start += width) {
    line.fill(down[start], 0, reach);
    for (let k = 0; k < width; k += 1) line[reach + k] = down[start + k];
    line.fill(down[start + width - 1], reach + width);
    slideLargest(across, start, line, 1, size);
  }
  return new Plane(height, width, across);
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

// The largest of `size` numbers, `inner` apart: by windows of 1, 2, 4, ... of them, of which two
// cover any size. What is given is overwritten.
function slideLargest(target, start, values, inner, size) {
  let wide = 1;
  for (; 2 * wide <= size; wide *= 2) {
    raise(values, values, 0, wide * inner, values.length - wide * inner);
  }
  raise(target, values, start, (size - wide) * inner, values.length - (size - 1) * inner);
}

// What starts at `start` of `target` becomes the larger of `values` and those `apart` further.
function raise(target, values, start, apart, count) {
  for (let place = 0; place < count; place += 1) {
    const one = values[place];
    const other = values[place + apart];
    target[start + place] = one > other ? one : other;
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
      for (let k = 0; k < width; k += 1) if (data[start + k]) reached[k] = row + 2 * reach;
    }
    if (row < reach) continue;
    const to = (row - reach) * width;
    for (let k = 0; k < width; k += 1) if (row <= reached[k]) grown[to + k] = 1;
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
