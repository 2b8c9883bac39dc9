// As much of an ONNX file as a digit network has: the messages of onnx/onnx.proto in ONNX's own
// repository, in protocol buffers' encoding (https://protobuf.dev/programming-guides/encoding).

const FLOAT = 1; // types of tensors
const INT64 = 7;

const DAMAGED = "The network's file is damaged.";

const text = (bytes) => new TextDecoder().decode(bytes);

// A network's nodes, its numbers by name, names of inputs and outputs, and metadata.
export function parseNetwork(bytes) {
  const model = fieldsOf(bytes);
  if (!model.has(7)) throw new Error(DAMAGED);
  const graph = fieldsOf(model.get(7)[0]);
  const named = (field, number) =>
    (graph.get(field) ?? []).map((part) => text(fieldsOf(part).get(number)[0]));
  const tensors = (graph.get(5) ?? []).map(tensorOf);
  const numbers = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const entries = (model.get(14) ?? []).map((part) => {
    const entry = fieldsOf(part);
    return [1, 2].map((field) => text(entry.get(field)?.[0] ?? new Uint8Array()));
  });
  return {
    nodes: graph.get(1).map(nodeOf),
    numbers,
    inputs: named(11, 1).filter((name) => !numbers.has(name)),
    outputs: named(12, 1),
    metadata: new Map(entries),
  };
}

function nodeOf(bytes) {
  const node = fieldsOf(bytes);
  const names = (field) => (node.get(field) ?? []).map(text);
  const attributes = (node.get(5) ?? []).map(attributeOf);
  return {
    inputs: names(1),
    outputs: names(2),
    operation: names(4)[0],
    settings: Object.fromEntries(attributes),
  };
}

// A name and a number, a text or an array of whole numbers.
function attributeOf(bytes) {
  const attribute = fieldsOf(bytes);
  const name = text(attribute.get(1)[0]);
  if (attribute.has(8)) return [name, attribute.get(8).flatMap(wholeNumbers)];
  if (attribute.has(2)) return [name, viewOf(attribute.get(2)[0]).getFloat32(0, true)];
  if (attribute.has(4)) return [name, text(attribute.get(4)[0])];
  return [name, attribute.get(3)?.[0] ?? 0];
}

// A tensor's name, shape and numbers, floats or whole ones.
function tensorOf(bytes) {
  const tensor = fieldsOf(bytes);
  const shape = (tensor.get(1) ?? []).flatMap(wholeNumbers);
  const type = tensor.get(2)[0];
  const name = text(tensor.get(8)[0]);
  if (type !== FLOAT && type !== INT64)
    throw new Error(`The network holds numbers of type ${type}.`);
  if (!tensor.has(9)) {
    const parts = tensor.get(type === FLOAT ? 4 : 7) ?? [];
    return {
      name,
      shape,
      data: type === FLOAT ? Float32Array.from(parts.flatMap(floats)) : parts.flatMap(wholeNumbers),
    };
  }
  const raw = tensor.get(9)[0];
  if (type === FLOAT) return { name, shape, data: Float32Array.from(floats(raw)) };
  const whole = Array.from({ length: raw.length / 8 }, (_, k) =>
    Number(viewOf(raw).getBigInt64(8 * k, true)),
  );
  return { name, shape, data: whole };
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function floats(bytes) {
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / 4 }, (_, k) => view.getFloat32(4 * k, true));
}

// One whole number, or several packed into bytes.
function wholeNumbers(value) {
  if (typeof value === "number") return [value];
  const numbers = [];
  const at = { place: 0 };
  while (at.place < value.length) numbers.push(varint(value, at));
  return numbers;
}

// Each field's values in a message: numbers, or bytes of what has a length or a fixed size.
function fieldsOf(bytes) {
  const fields = new Map();
  const at = { place: 0 };
  while (at.place < bytes.length) {
    const key = varint(bytes, at);
    const [number, wire] = [key >>> 3, key & 7];
    let value;
    if (wire === 0) {
      value = varint(bytes, at);
    } else {
      const length = wire === 2 ? varint(bytes, at) : { 1: 8, 5: 4 }[wire];
      if (length === undefined || at.place + length > bytes.length) throw new Error(DAMAGED);
      value = bytes.subarray(at.place, at.place + length);
      at.place += length;
    }
    if (!fields.has(number)) fields.set(number, []);
    fields.get(number).push(value);
  }
  return fields;
}

// Seven bits a byte, the lowest first; a number below 0 takes all of ten bytes.
function varint(bytes, at) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at.place];
    if (byte === undefined || shift > 63n) throw new Error(DAMAGED);
    at.place += 1;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return Number(BigInt.asIntN(64, value));
  }
}
