// Convolution, nearly all of a network's work: by WebAssembly where the browser takes it, which then
// does the ReLU and the pooling behind it, too; else as a matrix product of filters and patches, in
// small tiles whose sums the processor keeps in its registers.

import { Maps } from "./maps.js";

const TILE = 4; // filters at once
const ordered = new WeakMap(); // of each kernel tensor its numbers in the product's order

const [SIDE_BY_SIDE, AT_ONCE] = [8, 4]; // filters and places of WebAssembly's own tiles
const PAGE = 2 ** 16; // bytes that its memory grows by
const MOST = 2 ** 24; // numbers of kernels that are kept there; others are laid out each time
const addresses = new WeakMap(); // of each kernel tensor where its numbers are in that memory
let compiled = null; // what `convolution.wat` says
let taken = 0; // numbers of the memory that are kept

// Convolve by what `bytes` hold from here on: `convolution.wasm`. Whether that can be used: a host's
// policy or the user may forbid all WebAssembly, and old processors have no such vectors.
export async function accelerate(bytes) {
  if (compiled) return true;
  try {
    compiled = (await WebAssembly.instantiate(bytes)).instance.exports;
  } catch {
    return false;
  }
  return true;
}

// Whether WebAssembly convolves.
export const isAccelerated = () => compiled !== null;

// ONNX's Conv of one image [1, C, H, W] with kernels [M, C, h, w] and a bias [M] or none; with the
// setting `largest`, which `fusing.js` makes, also what follows it. Only WebAssembly does that.
export function convolve([input, kernels, bias], settings) {
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = settings;
  if (group !== 1 || input.shape[0] !== 1)
    throw new Error("The network has a grouped convolution.");
  const [filters, , high, wide] = kernels.shape;
  const [, , height, width] = input.shape;
  const [down, across] = [dilations[0] * (high - 1) + 1, dilations[1] * (wide - 1) + 1];
  const rows = Math.floor((height + pads[0] + pads[2] - down) / strides[0]) + 1;
  const columns = Math.floor((width + pads[1] + pads[3] - across) / strides[1]) + 1;
  const shape = [1, filters, rows, columns];
  if (compiled && dilations.every((step) => step === 1))
    return byVectors(input, kernels, bias, { strides, pads, shape, largest: settings.largest });
  if (settings.largest)
    throw new Error("What follows a convolution is not done without WebAssembly.");
  const patches = patchesOf(input, { high, wide, rows, columns, strides, pads, dilations });
  if (!ordered.has(kernels)) ordered.set(kernels, inTiles(kernels));
  const data = new Float32Array(filters * rows * columns);
  const sizes = { filters, places: rows * columns, length: kernels.data.length / filters };
  multiply(ordered.get(kernels), patches, bias?.data, data, sizes);
  return { shape, data };
}

// The product of matrices, row by row: `one` with `count` columns, `other` with `width`.
export function product(one, other, count, width) {
  const filters = one.length / count;
  const [input, kernels] = [
    { shape: [1, count, 1, width], data: other },
    { shape: [filters, count, 1, 1], data: one, isPassing: true },
  ];
  return convolve([input, kernels], {}).data;
}

// The same by `convolution.wat`, which says how all lies in the memory.
function byVectors(input, kernels, bias, { strides, pads, shape, largest }) {
  const [, , rows, columns] = shape;
  const [filters, channels, high, wide] = kernels.shape;
  const [, , height, width] = input.shape;
  const [top, left, bottom, right] = pads;
  const line = (left + width + right) * channels;
  const inFours = Math.ceil(columns / AT_ONCE) * AT_ONCE;
  const tiles = Math.ceil(filters / SIDE_BY_SIDE);
  const whole = tiles * SIDE_BY_SIDE;
  // The places that fill up the last four look beyond the image.
  const beyond = (inFours - columns) * strides[1] * channels;
  const [weights, image] = weightsOf(kernels, whole);
  const offsets = aligned(image + (top + height + bottom) * line + beyond);
  const output = offsets + whole;
  const end = output + rows * inFours * whole;
  // What is made of the output is no larger.
  const numbers = memoryOf(largest ? 2 * end - output : end);
  numbers.fill(0, image, output);
  if (bias) numbers.set(bias.data, offsets);
  const maps = input instanceof Maps ? input : inPlaces(input);
  maps.copy(numbers, image + top * line + left * channels, line);
  const bytes = [image, weights, offsets, output].map((place) => 4 * place);
  const steps = [line, strides[0] * line, strides[1] * channels].map((step) => 4 * step);
  compiled.convolve(...bytes, rows, inFours, high, 4 * wide * channels, ...steps, tiles);
  const made = new Maps(shape, numbers.subarray(output, end), whole, inFours * whole);
  return largest ? pooled(made, largest, output, end) : made.kept();
}

// Maps that are in the memory from `place` on, of each `window` the largest number, or `floor`; made
// in the memory from `free` on.
function pooled({ shape, step, line }, { window, strides, floor }, place, free) {
  const [, filters, height, width] = shape;
  const rows = Math.floor((height - window[0]) / strides[0]) + 1;
  const columns = Math.floor((width - window[1]) / strides[1]) + 1;
  if (rows < 1 || columns < 1) throw new Error("The network pools windows larger than its maps.");
  const bytes = [line, step, strides[0] * line, strides[1] * step].map((count) => 4 * count);
  compiled.largest(4 * place, 4 * free, rows, columns, ...window, ...bytes, floor);
  const numbers = new Float32Array(compiled.memory.buffer, 4 * free, rows * columns * step);
  return new Maps([1, filters, rows, columns], numbers, step, columns * step).kept();
}

// A tensor's numbers, all channels of a place side by side.
function inPlaces({ shape, data }) {
  const [, channels, height, width] = shape;
  if (channels === 1) return new Maps(shape, data, 1, width);
  const numbers = new Float32Array(data.length);
  for (let channel = 0, from = 0; channel < channels; channel += 1) {
    for (let to = channel; to < numbers.length; to += channels, from += 1) numbers[to] = data[from];
  }
  return new Maps(shape, numbers, channels, width * channels);
}

// Where the numbers of kernels are in the memory, and what is free behind all: of eight filters side
// by side, line by line of the kernel and channel by channel of its places, zeros for filters that
// lack. They stay there, unless a network makes ever more of them.
function weightsOf(kernels, whole) {
  if (addresses.has(kernels)) return [addresses.get(kernels), taken];
  const [filters, channels, high, wide] = kernels.shape;
  const length = channels * high * wide;
  const start = taken;
  const end = aligned(start + whole * length);
  const numbers = memoryOf(end).fill(0, start, end);
  for (let filter = 0, from = 0; filter < filters; filter += 1) {
    const tile = start + (filter - (filter % SIDE_BY_SIDE)) * length + (filter % SIDE_BY_SIDE);
    for (let channel = 0; channel < channels; channel += 1) {
      for (let place = 0; place < high * wide; place += 1, from += 1)
        numbers[tile + (place * channels + channel) * SIDE_BY_SIDE] = kernels.data[from];
    }
  }
  if (end <= MOST && !kernels.isPassing) {
    addresses.set(kernels, start);
    taken = end;
  }
  return [start, end];
}

// Whole vectors, which processors load faster.
const aligned = (place) => Math.ceil(place / AT_ONCE) * AT_ONCE;

// The memory's numbers, so many at least.
function memoryOf(count) {
  const { memory } = compiled;
  const lacking = 4 * count - memory.buffer.byteLength;
  if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE));
  return new Float32Array(memory.buffer);
}

// The numbers of `TILE` filters side by side, the last ones filled up with zeros.
function inTiles({ shape, data }) {
  const [filters, length] = [shape[0], data.length / shape[0]];
  const tiles = new Float64Array(Math.ceil(filters / TILE) * TILE * length);
  for (let filter = 0; filter < filters; filter += 1) {
    const start = Math.trunc(filter / TILE) * TILE * length + (filter % TILE);
    for (let k = 0; k < length; k += 1) tiles[start + k * TILE] = data[filter * length + k];
  }
  return tiles;
}

// What each kernel number meets at each place of the output: [places, C h w], as doubles, which
// need no conversion in the product.
function patchesOf(input, { high, wide, rows, columns, strides, pads, dilations }) {
  const { channels, height, width, data } = bordered(input, pads);
  const patches = new Float64Array(rows * columns * channels * high * wide);
  let to = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const corner = row * strides[0] * width + column * strides[1];
      for (let channel = 0; channel < channels; channel += 1) {
        let start = channel * height * width + corner;
        for (let j = 0; j < high; j += 1, start += dilations[0] * width) {
          for (let i = 0, from = start; i < wide; i += 1, from += dilations[1], to += 1)
            patches[to] = data[from];
        }
      }
    }
  }
  return patches;
}

// The maps with zeros around them, so that no kernel number lies outside.
function bordered({ shape, data }, [top, left, bottom, right]) {
  const [, channels, height, width] = shape;
  const [rows, columns] = [height + top + bottom, width + left + right];
  const maps = new Float64Array(channels * rows * columns);
  for (let line = 0; line < channels * height; line += 1) {
    const row = Math.trunc(line / height) * rows + top + (line % height);
    maps.set(data.subarray(line * width, (line + 1) * width), row * columns + left);
  }
  return { channels, height: rows, width: columns, data: maps };
}

// Each filter's sum at each place: two places and four filters at a time, eight sums that the
// processor keeps in registers. 2.4 billion products a second; one place a time is half as fast.
function multiply(tiles, patches, bias, sums, { filters, places, length }) {
  const eight = new Float64Array(2 * TILE);
  for (let filter = 0; filter < filters; filter += TILE) {
    for (let place = 0; place < places; place += 2) {
      const next = place + 1 < places ? 1 : 0;
      multiplyTile(tiles, filter * length, patches, place * length, next * length, length, eight);
      for (let k = 0; k < TILE && filter + k < filters; k += 1) {
        const at = (filter + k) * places + place;
        const more = bias ? bias[filter + k] : 0;
        sums[at + next] = eight[TILE + k] + more;
        sums[at] = eight[k] + more;
      }
    }
  }
}

function multiplyTile(tiles, start, patches, place, step, length, eight) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  for (let k = place, w = start; k < place + length; k += 1, w += TILE) {
    const one = patches[k];
    const two = patches[k + step];
    const w0 = tiles[w];
    const w1 = tiles[w + 1];
    const w2 = tiles[w + 2];
    const w3 = tiles[w + 3];
    a += w0 * one;
    b += w1 * one;
    c += w2 * one;
    d += w3 * one;
    e += w0 * two;
    f += w1 * two;
    g += w2 * two;
    h += w3 * two;
  }
  eight[0] = a;
  eight[1] = b;
  eight[2] = c;
  eight[3] = d;
  eight[4] = e;
  eight[5] = f;
  eight[6] = g;
  eight[7] = h;
}
