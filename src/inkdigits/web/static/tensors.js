// Tensors, as `{ shape, data }`, and what is done to them number by number.

export const tensor = (shape, data) => ({ shape, data });
export const size = (shape) => shape.reduce((one, other) => one * other, 1);

// A function of one number and the node's settings as an operation.
export const each =
  (change) =>
  ([input], settings) =>
    tensor(
      input.shape,
      input.data.map((x) => change(x, settings)),
    );

// From a place in a tensor of shape `shape` to the place in one of `lengths`, which is repeated
// along axes that it is 1 long.
export function repeated(shape, lengths) {
  const steps = lengths.map((length, axis) => (length === 1 ? 0 : size(lengths.slice(axis + 1))));
  return (place) => {
    let [rest, from] = [place, 0];
    for (let axis = lengths.length - 1; axis >= 0; axis -= 1) {
      from += (rest % shape[axis]) * steps[axis];
      rest = Math.trunc(rest / shape[axis]);
    }
    return from;
  };
}

// Numbers of two tensors, each repeated along axes that it is 1 long.
export function together(one, other, join) {
  const rank = Math.max(one.shape.length, other.shape.length);
  const [left, right] = [one, other].map(({ shape }) => [
    ...new Array(rank - shape.length).fill(1),
    ...shape,
  ]);
  const shape = left.map((length, axis) => Math.max(length, right[axis]));
  const [first, second] = [left, right].map((lengths) => repeated(shape, lengths));
  const data = new Float32Array(size(shape));
  for (let place = 0; place < data.length; place += 1)
    data[place] = join(one.data[first(place)], other.data[second(place)]);
  return tensor(shape, data);
}

// The operation on two tensors that joins them number by number.
export const pairwise =
  (join) =>
  ([one, other]) =>
    together(one, other, join);
