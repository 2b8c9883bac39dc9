// A trained network, run in the browser, and what its logits mean, as Python's
// recognition/network.py has it.

import { argmax, extremes, sum } from "./arrays.js";
import { isAccelerated } from "./convolution.js";
import { fused } from "./fusing.js";
import { SIDE } from "./normalize.js";
import { parseNetwork } from "./onnx.js";
import { OPERATIONS } from "./operations.js";

export const DIGITS = 10;
const TEMPERATURE = "inkdigits.temperature"; // in the file's metadata
const STAGE = "stage_"; // outputs with feature maps: stage_1, stage_2, ...
const LARGEST_POWER = 700; // of e, that a double holds

// A network's operations, one after the other, and the temperature of its logits.
export class Graph {
  #nodes;
  #fused; // the same where convolution does what follows it
  #numbers;
  #input;

  // `bytes` of an ONNX file. Raises an Error if it cannot be run here.
  constructor(bytes) {
    const { nodes, numbers, inputs, outputs, metadata } = parseNetwork(bytes);
    this.#nodes = nodes;
    this.#fused = fused(nodes, outputs);
    this.#numbers = numbers;
    this.#input = inputs[0];
    this.outputs = outputs;
    this.metadata = metadata;
    this.temperature = Number(metadata.get(TEMPERATURE) ?? 1);
    const unknown = this.#nodes.find(({ operation }) => !Object.hasOwn(OPERATIONS, operation));
    if (unknown)
      throw new Error(
        `The network has an operation ${unknown.operation}, which is not known here.`,
      );
  }

  // The tensors with these names that it makes of an input tensor.
  tensors(input, names) {
    const tensors = new Map(this.#numbers);
    tensors.set(this.#input, input);
    const nodes = isAccelerated() ? this.#fused : this.#nodes;
    for (const { operation, inputs, outputs, settings } of nodes) {
      const given = inputs.map((name) => tensors.get(name));
      tensors.set(outputs[0], OPERATIONS[operation](given, settings));
    }
    return names.map((name) => tensors.get(name));
  }

  // Its first output.
  run(input) {
    return this.tensors(input, this.outputs.slice(0, 1))[0];
  }
}

// An image's bytes, white ink on black, as the tensor that a network is given.
export function tensorOf(bytes, height, width) {
  const data = new Float32Array(bytes).map((level) => level / 255);
  return { shape: [1, 1, height, width], data };
}

export class DigitNetwork {
  // `bytes` of an ONNX file. Raises an Error if it cannot be run here.
  constructor(bytes) {
    this.graph = new Graph(bytes);
  }

  // Of one image of 28 x 28 bytes, white ink on black.
  logits(image) {
    return this.graph.run(tensorOf(image, SIDE, SIDE)).data;
  }

  // What each stage makes of an image: tensors [C, h, w]; none where the file does not give them.
  stages(image) {
    const names = this.graph.outputs.filter((name) => name.startsWith(STAGE));
    const maps = this.graph.tensors(tensorOf(image, SIDE, SIDE), names);
    return maps.map(({ shape, data }) => ({ shape: shape.slice(1), data }));
  }

  // Calibrated probabilities of the ten digits, if it is one, and whether it is `digit` at all.
  score(image) {
    const logits = this.logits(image);
    // Apart from the digits' own largest, so that none vanish however sure a refusal is.
    const most = extremes(logits.subarray(0, DIGITS))[1];
    const powers = Array.from(logits, (logit) =>
      Math.exp(Math.min((logit - most) / this.graph.temperature, LARGEST_POWER)),
    );
    const ofDigits = sum(powers.slice(0, DIGITS));
    const probabilities = powers.slice(0, DIGITS).map((power) => power / ofDigits);
    const best = probabilities[argmax(probabilities)];
    const isSeparate = powers.length > DIGITS;
    const digit = isSeparate ? ofDigits / (ofDigits + powers[DIGITS]) : (best - 0.1) / 0.9;
    return { probabilities, digit };
  }

  // The probability that an image is a digit and each one of the ten.
  joint(image) {
    const { probabilities, digit } = this.score(image);
    return probabilities.map((share) => share * digit);
  }
}
