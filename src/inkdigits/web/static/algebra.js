// The operations that a network's memory is made of, each by its name in ONNX.

import { each, pairwise, repeated, size, tensor } from "./tensors.js";

// Products of the matrices on the two last axes; those of one tensor may be one for all.
function multiply([one, other]) {
  const [rows, inner] = one.shape.slice(-2);
  const columns = other.shape.at(-1);
  const longer = one.shape.length >= other.shape.length ? one : other;
  const [left, right] = [rows * inner, inner * columns];
  const count = Math.max(size(one.shape) / left, size(other.shape) / right);
  const [down, across] = [size(one.shape) > left ? left : 0, size(other.shape) > right ? right : 0];
  const data = new Float32Array(count * rows * columns);
  for (let place = 0; place < data.length; place += 1) {
    const matrix = Math.trunc(place / (rows * columns));
    const row = matrix * down + (Math.trunc(place / columns) % rows) * inner;
    const column = matrix * across + (place % columns);
    let total = 0;
    for (let k = 0; k < inner; k += 1) total += one.data[row + k] * other.data[column + k * columns];
    data[place] = total;
  }
  return tensor([...longer.shape.slice(0, -2), rows, columns], data);
}

// Sums of `change(x)` along axes.
function sums(input, axes, keep, change) {
  const lengths = input.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const to = repeated(input.shape, lengths);
  const data = new Float32Array(size(lengths));
  for (let place = 0; place < input.data.length; place += 1)
    data[to(place)] += change(input.data[place]);
  return tensor(keep ? lengths : lengths.filter((_, axis) => !axes.includes(axis)), data);
}

const sumAlong = ([input, axes], { keepdims = 1 }) =>
  sums(input, [...axes.data], keepdims, (x) => x);

const lengthAlong = ([input], { axes, keepdims = 1 }) => {
  const { shape, data } = sums(input, axes, keepdims, (x) => x * x);
  return tensor(shape, data.map(Math.sqrt));
};

// Along the last axis.
function softmax([input]) {
  const length = input.shape.at(-1);
  const data = new Float32Array(input.data.length);
  for (let start = 0; start < data.length; start += length) {
    const values = input.data.subarray(start, start + length);
    const most = values.reduce((one, other) => Math.max(one, other), -Infinity);
    let total = 0;
    for (let k = 0; k < length; k += 1) {
      data[start + k] = Math.exp(values[k] - most);
      total += data[start + k];
    }
    for (let k = start; k < start + length; k += 1) data[k] /= total;
  }
  return tensor(input.shape, data);
}

// A part of one axis.
function slice([input, starts, ends, axes]) {
  const [[start], [end], [axis]] = [starts.data, ends.data, axes.data];
  const inner = size(input.shape.slice(axis + 1));
  const [whole, from, to] = [input.shape[axis] * inner, start * inner, end * inner];
  const shape = input.shape.map((length, place) => (place === axis ? end - start : length));
  const data = input.data.filter((_, place) => place % whole >= from && place % whole < to);
  return tensor(shape, data);
}

function squeeze([input, axes]) {
  return tensor(
    input.shape.filter((_, axis) => !axes.data.includes(axis)),
    input.data,
  );
}

function unsqueeze([input, axes]) {
  const shape = [...input.shape];
  for (const axis of axes.data) shape.splice(axis, 0, 1);
  return tensor(shape, input.data);
}

// Tensors that are 1 long there, side by side along the last axis.
function beside(inputs) {
  const data = new Float32Array(inputs.length * inputs[0].data.length);
  inputs.forEach(({ data: values }, k) => {
    values.forEach((value, place) => {
      data[place * inputs.length + k] = value;
    });
  });
  return tensor([...inputs[0].shape.slice(0, -1), inputs.length], data);
}

// Images of one channel where `places` say, each x and y from -1 to 1 between the outer edges;
// between four pixels, and 0 outside.
function sample([input, places]) {
  const [count, , height, width] = input.shape;
  const [, rows, columns] = places.shape;
  const data = new Float32Array(count * rows * columns);
  for (let place = 0; place < data.length; place += 1) {
    const image = Math.trunc(place / (rows * columns)) * height * width;
    const x = ((places.data[2 * place] + 1) * width - 1) / 2;
    const y = ((places.data[2 * place + 1] + 1) * height - 1) / 2;
    for (const row of [Math.floor(y), Math.floor(y) + 1]) {
      for (const column of [Math.floor(x), Math.floor(x) + 1]) {
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const share = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
        data[place] += share * input.data[image + row * width + column];
      }
    }
  }
  return tensor([count, 1, rows, columns], data);
}

export const ALGEBRA = {
  Concat: beside,
  Div: pairwise((a, b) => a / b),
  GridSample: sample,
  Log: each((x) => Math.log(x)),
  MatMul: multiply,
  Max: pairwise((a, b) => Math.max(a, b)),
  Min: pairwise((a, b) => Math.min(a, b)),
  ReduceL2: lengthAlong,
  ReduceSum: sumAlong,
  Slice: slice,
  Softmax: softmax,
  Sqrt: each((x) => Math.sqrt(x)),
  Squeeze: squeeze,
  Sub: pairwise((a, b) => a - b),
  Unsqueeze: unsqueeze,
};
