// Planes of numbers, and the little algebra on them that Python has from numpy.

export class Plane {
  constructor(height, width, data) {
    this.height = height;
    this.width = width;
    // A typed array, row by row; a mask is a Uint8Array of 0 and 1 with a buffer of its own.
    this.data = data;
  }

  // A plane of the same size with other numbers, each by `change(value, place)`.
  map(Kind, change) {
    const { height, width, data } = this;
    const changed = new Kind(data.length);
    for (let place = 0; place < data.length; place += 1)
      changed[place] = change(data[place], place);
    return new Plane(height, width, changed);
  }

  copy() {
    return new Plane(this.height, this.width, this.data.slice());
  }

  transposed() {
    const { height, width, data } = this;
    const turned = new data.constructor(data.length);
    const block = 64; // pixels a side that a core's first cache holds
    for (let top = 0; top < height; top += block) {
      const bottom = Math.min(height, top + block);
      for (let left = 0; left < width; left += block) {
        const right = Math.min(width, left + block);
        for (let row = top; row < bottom; row += 1) {
          for (let column = left; column < right; column += 1) {
            turned[column * height + row] = data[row * width + column];
          }
        }
      }
    }
    return new Plane(width, height, turned);
  }

  // After so many quarter turns counterclockwise.
  turned(quarters) {
    const { height, width, data } = this;
    if (quarters === 0) return this;
    if (quarters === 2) return new Plane(height, width, data.slice().reverse());
    const across = this.transposed();
    return quarters === 1 ? across.upsideDown() : across.mirrored();
  }

  upsideDown() {
    const { height, width, data } = this;
    const flipped = new data.constructor(data.length);
    for (let row = 0; row < height; row += 1) {
      flipped.set(data.subarray(row * width, (row + 1) * width), (height - 1 - row) * width);
    }
    return new Plane(height, width, flipped);
  }

  mirrored() {
    const { width } = this;
    const mirrored = this.copy();
    for (let start = 0; start < mirrored.data.length; start += width) {
      mirrored.data.subarray(start, start + width).reverse();
    }
    return mirrored;
  }

  // Rows and columns from the first to before the last of each.
  cut(top, left, bottom, right) {
    const { width, data } = this;
    const part = new data.constructor((bottom - top) * (right - left));
    for (let row = top; row < bottom; row += 1) {
      const start = row * width;
      part.set(data.subarray(start + left, start + right), (row - top) * (right - left));
    }
    return new Plane(bottom - top, right - left, part);
  }

  // Sets to 0 what is marked in a mask that lies so far down and right.
  clear(mask, top, left) {
    for (let place = 0; place < mask.data.length; place += 1) {
      const row = top + Math.trunc(place / mask.width);
      if (mask.data[place]) this.data[row * this.width + left + (place % mask.width)] = 0;
    }
  }

  // With `margin` pixels more on each side: the edge's own, or a value.
  padded(margin, value = null) {
    const { height, width, data } = this;
    const [rows, columns] = [height + 2 * margin, width + 2 * margin];
    const grown = new data.constructor(rows * columns);
    if (value !== null) grown.fill(value);
    for (let row = 0; row < rows; row += 1) {
      const from = Math.min(height - 1, Math.max(0, row - margin));
      if (value !== null && from !== row - margin) continue;
      const line = data.subarray(from * width, (from + 1) * width);
      const start = row * columns;
      grown.set(line, start + margin);
      if (value !== null) continue;
      grown.fill(line[0], start, start + margin);
      grown.fill(line[width - 1], start + margin + width, start + columns);
    }
    return new Plane(rows, columns, grown);
  }

  // Every `down`th row's every `across`th value.
  sampled(down, across = down) {
    const { height, width, data } = this;
    const values = new data.constructor(Math.ceil(height / down) * Math.ceil(width / across));
    let count = 0;
    for (let row = 0; row < height; row += down) {
      for (let column = 0; column < width; column += across) {
        values[count] = data[row * width + column];
        count += 1;
      }
    }
    return values;
  }
}

// Masks are as large as pictures, so these call no function for each pixel, and do not branch for
// it either: which way a pixel goes, a processor guesses wrongly too often.

export function not({ height, width, data }) {
  const mask = data.slice();
  const words = wordsOf(mask);
  for (let place = 0; place < words.length; place += 1) words[place] ^= 0x01010101;
  for (let place = 4 * words.length; place < mask.length; place += 1) mask[place] ^= 1;
  return new Plane(height, width, mask);
}

export function and({ height, width, data }, other) {
  const mask = data.slice();
  const [words, others] = [mask, other.data].map(wordsOf);
  for (let place = 0; place < words.length; place += 1) words[place] &= others[place];
  for (let place = 4 * words.length; place < mask.length; place += 1)
    mask[place] &= other.data[place];
  return new Plane(height, width, mask);
}

export function or({ height, width, data }, other) {
  const mask = data.slice();
  const [words, others] = [mask, other.data].map(wordsOf);
  for (let place = 0; place < words.length; place += 1) words[place] |= others[place];
  for (let place = 4 * words.length; place < mask.length; place += 1)
    mask[place] |= other.data[place];
  return new Plane(height, width, mask);
}

// The bytes of a mask by fours, without up to three at its end.
const wordsOf = ({ buffer, byteOffset, length }) =>
  new Uint32Array(buffer, byteOffset, length >> 2);

export function above({ height, width, data }, threshold) {
  const mask = new Uint8Array(data.length);
  for (let place = 0; place < data.length; place += 1)
    mask[place] = Number(data[place] > threshold);
  return new Plane(height, width, mask);
}

// To the nearest whole number, halves to the even one, as Python rounds.
export function rint(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

export function sum(values) {
  return values instanceof Uint8Array ? sumOfBytes(values) : sumOfNumbers(values);
}

// Apart from others, since a loop that meets many kinds of arrays takes ten times as long.
function sumOfBytes(bytes) {
  let total = 0;
  for (let place = 0; place < bytes.length; place += 1) total += bytes[place];
  return total;
}

function sumOfNumbers(values) {
  let total = 0;
  for (let place = 0; place < values.length; place += 1) total += values[place];
  return total;
}

export const mean = (values) => sum(values) / values.length;

// Of an array without a number that is none; spread arguments would overflow the stack.
export function extremes(values) {
  return values instanceof Float32Array ? extremesOfFloats(values) : extremesOfNumbers(values);
}

// A picture's numbers, apart from others.
function extremesOfFloats(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let place = 0; place < values.length; place += 1) {
    if (values[place] < low) low = values[place];
    if (values[place] > high) high = values[place];
  }
  return [low, high];
}

function extremesOfNumbers(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let place = 0; place < values.length; place += 1) {
    if (values[place] < low) low = values[place];
    if (values[place] > high) high = values[place];
  }
  return [low, high];
}

// The first place of the largest.
export function argmax(values) {
  let best = 0;
  for (let place = 1; place < values.length; place += 1) {
    if (values[place] > values[best]) best = place;
  }
  return best;
}

// The values at which a mask is set.
export function chosen(values, mask) {
  const found = new values.constructor(sum(mask));
  let count = 0;
  for (let place = 0; place < values.length; place += 1) {
    if (mask[place]) {
      found[count] = values[place];
      count += 1;
    }
  }
  return found;
}

// The solution of `matrix x = values` by elimination; `matrix` is an array of rows.
export function solve(matrix, values) {
  const count = values.length;
  const rows = matrix.map((row, place) => [...row, values[place]]);
  for (let pivot = 0; pivot < count; pivot += 1) {
    let best = pivot;
    for (let row = pivot + 1; row < count; row += 1) {
      if (Math.abs(rows[row][pivot]) > Math.abs(rows[best][pivot])) best = row;
    }
    [rows[pivot], rows[best]] = [rows[best], rows[pivot]];
    for (let row = pivot + 1; row < count; row += 1) {
      const share = rows[row][pivot] / rows[pivot][pivot];
      for (let place = pivot; place <= count; place += 1)
        rows[row][place] -= share * rows[pivot][place];
    }
  }
  const solution = new Array(count).fill(0);
  for (let row = count - 1; row >= 0; row -= 1) {
    let rest = rows[row][count];
    for (let place = row + 1; place < count; place += 1) rest -= rows[row][place] * solution[place];
    solution[row] = rest / rows[row][row];
  }
  return solution;
}

// The solution of weighted least squares: `terms` holds one array a term, `ridge` steadies it.
export function leastSquares(terms, values, weights, ridge = 0) {
  const products = terms.map(() => new Array(terms.length).fill(0));
  const right = new Array(terms.length).fill(0);
  const numbers = terms.map((term) => Float64Array.from(term));
  const wanted = Float64Array.from(values);
  numbers.forEach((one, row) => {
    const weighted = Float64Array.from(weights);
    for (let place = 0; place < weighted.length; place += 1) weighted[place] *= one[place];
    for (let column = row; column < terms.length; column += 1) {
      products[row][column] = products[column][row] = dot(weighted, numbers[column]);
    }
    products[row][row] += ridge;
    right[row] = dot(weighted, wanted);
  });
  return solve(products, right);
}

function dot(one, other) {
  let total = 0;
  for (let place = 0; place < one.length; place += 1) total += one[place] * other[place];
  return total;
}
