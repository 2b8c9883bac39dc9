// The operations that a digit network is made of, each by its name in ONNX: from tensors with a
// `shape` and `data`, and the node's settings, to a tensor.

import { ALGEBRA } from "./algebra.js";
import { convolve } from "./convolution.js";
import { each, pairwise, size, tensor, together } from "./tensors.js";

// Each window of each map made into one number by `join(data, place, rows, columns, width)`, which
// is given the part of it that lies inside the map.
function pool([input], settings, join) {
  const { kernel_shape: kernel, strides = [1, 1], pads = [0, 0, 0, 0] } = settings;
  if (settings.ceil_mode || settings.dilations?.some((step) => step !== 1))
    throw new Error("The network has a pooling that rounds up or has gaps, which is not known here.");
  const [count, channels, height, width] = input.shape;
  const rows = Math.floor((height + pads[0] + pads[2] - kernel[0]) / strides[0]) + 1;
  const columns = Math.floor((width + pads[1] + pads[3] - kernel[1]) / strides[1]) + 1;
  const data = new Float32Array(count * channels * rows * columns);
  let to = 0;
  for (let map = 0; map < input.data.length; map += height * width) {
    for (let row = 0; row < rows; row += 1) {
      const top = row * strides[0] - pads[0];
      const first = Math.max(0, top);
      const high = Math.min(height, top + kernel[0]) - first;
      for (let column = 0; column < columns; column += 1, to += 1) {
        const left = column * strides[1] - pads[1];
        const start = Math.max(0, left);
        const wide = Math.min(width, left + kernel[1]) - start;
        data[to] = join(input.data, map + first * width + start, high, wide, width);
      }
    }
  }
  return tensor([count, channels, rows, columns], data);
}

function largestOf(data, place, rows, columns, width) {
  let value = data[place];
  for (let row = place; row < place + rows * width; row += width) {
    for (let k = row; k < row + columns; k += 1) if (data[k] > value) value = data[k];
  }
  return value;
}

function meanOf(data, place, rows, columns, width) {
  let total = 0;
  for (let row = place; row < place + rows * width; row += width) {
    for (let k = row; k < row + columns; k += 1) total += data[k];
  }
  return total / (rows * columns);
}

function relu([input]) {
  const data = new Float32Array(input.data.length);
  for (let k = 0; k < data.length; k += 1) if (input.data[k] > 0) data[k] = input.data[k];
  return tensor(input.shape, data);
}

const maxPool = (inputs, settings) => pool(inputs, settings, largestOf);
const averagePool = (inputs, settings) => pool(inputs, settings, meanOf);
const whole = ([input]) => ({ kernel_shape: input.shape.slice(2) });

function flatten([input], { axis = 1 }) {
  const first = size(input.shape.slice(0, axis));
  return tensor([first, input.data.length / first], input.data);
}

// A matrix product, plus a bias where there is one.
function gemm([input, matrix, bias], { alpha = 1, beta = 1, transA = 0, transB = 0 }) {
  if (transA) throw new Error("The network transposes a first factor, which is not supported.");
  const [rows, inner] = input.shape;
  const columns = matrix.shape[transB ? 0 : 1];
  const [down, right] = transB ? [1, inner] : [columns, 1];
  const data = new Float32Array(rows * columns);
  for (let place = 0; place < data.length; place += 1) {
    const [row, column] = [Math.trunc(place / columns) * inner, place % columns];
    let total = 0;
    for (let k = 0; k < inner; k += 1)
      total += input.data[row + k] * matrix.data[k * down + column * right];
    data[place] = alpha * total;
  }
  const product = tensor([rows, columns], data);
  return bias ? together(product, bias, (value, more) => value + beta * more) : product;
}

function transpose([input], { perm }) {
  const shape = perm.map((axis) => input.shape[axis]);
  const steps = perm.map((axis) => size(input.shape.slice(axis + 1)));
  const data = input.data.map((_, place) => {
    let [rest, from] = [place, 0];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      from += (rest % shape[axis]) * steps[axis];
      rest = Math.trunc(rest / shape[axis]);
    }
    return input.data[from];
  });
  return tensor(shape, data);
}

// Margins of the two last axes: zeros, the edge again, or the picture mirrored.
function pad([input, pads, value], { mode = "constant" }) {
  const [count, channels, height, width] = input.shape;
  const [, , top, left, , , bottom, right] = pads.data;
  const [rows, columns] = [height + top + bottom, width + left + right];
  const mirrored = (place, length) =>
    place < 0 ? -place : place < length ? place : 2 * length - 2 - place;
  const nearest = (place, length) => Math.min(length - 1, Math.max(0, place));
  const from = mode === "reflect" ? mirrored : nearest;
  const data = new Float32Array(count * channels * rows * columns).map((_, place) => {
    const map = Math.trunc(place / (rows * columns)) * height * width;
    const [row, column] = [(Math.trunc(place / columns) % rows) - top, (place % columns) - left];
    const isOutside = row < 0 || row >= height || column < 0 || column >= width;
    if (mode === "constant" && isOutside) return value?.data[0] ?? 0;
    return input.data[map + from(row, height) * width + from(column, width)];
  });
  return tensor([count, channels, rows, columns], data);
}

export const OPERATIONS = {
  ...ALGEBRA,
  Add: pairwise((a, b) => a + b),
  AveragePool: averagePool,
  Conv: convolve,
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: (inputs) => averagePool(inputs, whole(inputs)),
  GlobalMaxPool: (inputs) => maxPool(inputs, whole(inputs)),
  Identity: ([input]) => input,
  LeakyRelu: each((x, { alpha = 0.01 }) => (x < 0 ? alpha * x : x)),
  MaxPool: maxPool,
  Mean: (inputs) => {
    const total = inputs.reduce((one, other) => together(one, other, (a, b) => a + b));
    return tensor(
      total.shape,
      total.data.map((x) => x / inputs.length),
    );
  },
  Mul: pairwise((a, b) => a * b),
  Neg: each((x) => -x),
  Pad: pad,
  Relu: relu,
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  Transpose: transpose,
};
