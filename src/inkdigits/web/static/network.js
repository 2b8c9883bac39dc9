// A trained network, run in plain JavaScript, and what its logits mean, as Python's
// recognition/network.py has it.

import { argmax, extremes, sum } from "./arrays.js";
import { SIDE } from "./normalize.js";
import { parseNetwork } from "./onnx.js";
import { OPERATIONS } from "./operations.js";

const DIGITS = 10;
const TEMPERATURE = "inkdigits.temperature"; // in the file's metadata
const STAGE = "stage_"; // outputs with feature maps: stage_1, stage_2, ...
const LARGEST_POWER = 700; // of e, that a double holds

export class DigitNetwork {
  // `bytes` of an ONNX file. Raises an Error if it cannot be run here.
  constructor(bytes) {
    this.network = parseNetwork(bytes);
    const unknown = this.network.nodes.find(
      ({ operation }) => !Object.hasOwn(OPERATIONS, operation),
    );
    if (unknown)
      throw new Error(
        `The network has an operation ${unknown.operation}, which is not known here.`,
      );
    this.temperature = Number(this.network.metadata.get(TEMPERATURE) ?? 1);
  }

  // The tensors with these names, of one image of 28 x 28 bytes, white ink on black.
  #run(image, names) {
    const { nodes, numbers, inputs } = this.network;
    const tensors = new Map(numbers);
    const data = new Float32Array(image).map((level) => level / 255);
    tensors.set(inputs[0], { shape: [1, 1, SIDE, SIDE], data });
    for (const { operation, inputs: from, outputs, settings } of nodes) {
      const given = from.map((name) => tensors.get(name));
      tensors.set(outputs[0], OPERATIONS[operation](given, settings));
    }
    return names.map((name) => tensors.get(name));
  }

  logits(image) {
    return this.#run(image, [this.network.outputs[0]])[0].data;
  }

  // What each stage makes of an image: tensors [C, h, w]; none where the file does not give them.
  stages(image) {
    const names = this.network.outputs.filter((name) => name.startsWith(STAGE));
    const maps = this.#run(image, names);
    return maps.map(({ shape, data }) => ({ shape: shape.slice(1), data }));
  }

  // Calibrated probabilities of the ten digits, if it is one, and whether it is `digit` at all.
  score(image) {
    const logits = this.logits(image);
    // Apart from the digits' own largest, so that none vanish however sure a refusal is.
    const most = extremes(logits.subarray(0, DIGITS))[1];
    const powers = Array.from(logits, (logit) =>
      Math.exp(Math.min((logit - most) / this.temperature, LARGEST_POWER)),
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
