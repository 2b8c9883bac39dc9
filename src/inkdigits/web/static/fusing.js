// A network's operations, of which a convolution does what follows it: ReLU, and the largest number
// of each window.

// Where convolutions are followed by ReLU, MaxPool or both, in any order, one node for all of them,
// whose setting `largest` says what the rest do; `outputs` are the tensors that are asked for.
export function fused(nodes, outputs) {
  const readers = (name) => nodes.filter(({ inputs }) => inputs.includes(name));
  const follower = ({ outputs: [name] }) => {
    const [next, ...others] = readers(name);
    return others.length || outputs.includes(name) ? undefined : next;
  };
  const taken = new Set();
  const made = nodes.map((node) => {
    let whole = node;
    const parts = new Set();
    for (let next = follower(node); canFollow(whole, parts, next); next = follower(next)) {
      parts.add(next.operation);
      taken.add(next);
      whole = { ...whole, outputs: next.outputs, settings: withLargest(whole.settings, next) };
    }
    return whole;
  });
  return made.filter((_, place) => !taken.has(nodes[place]));
}

// Whether an operation is what a convolution can do besides, and has not been put into it yet.
function canFollow({ operation, settings }, parts, next) {
  if (operation !== "Conv" || !next || parts.has(next.operation)) return false;
  if (settings.dilations?.some((step) => step !== 1)) return false;
  if (next.operation === "Relu") return true;
  const { pads = [], dilations = [], ceil_mode: ceil = 0 } = next.settings;
  const isPlain = !ceil && pads.every((pad) => pad === 0) && dilations.every((step) => step === 1);
  return next.operation === "MaxPool" && isPlain;
}

// A convolution's settings with what follows; the largest number comes to the same before ReLU.
function withLargest(settings, { operation, settings: own }) {
  const { largest = { window: [1, 1], strides: [1, 1], floor: -Infinity } } = settings;
  if (operation === "Relu") return { ...settings, largest: { ...largest, floor: 0 } };
  const { kernel_shape: window, strides = [1, 1] } = own;
  return { ...settings, largest: { ...largest, window, strides } };
}
