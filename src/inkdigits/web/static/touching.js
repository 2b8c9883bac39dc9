// Digits that touch, read as one mark without being cut first, as Python's recognition/touching.py
// reads them: what a network says of each place along it is summed over all ways to spell a number.

import { argmax, extremes, sum } from "./arrays.js";
import { DIGITS, Graph, tensorOf } from "./network.js";
import { STEP, strip } from "./strips.js";

const NONE = DIGITS; // classes: something else than digits
const BLANK = DIGITS + 1; // between two of them
const CLASSES = DIGITS + 2;
// In the file's metadata: slope and offset of the logit of a number's probability.
const CALIBRATION = "inkdigits.calibration";
const LEAST = 1e-9; // probability that has a logit

export class TouchingNetwork {
  // `bytes` of an ONNX file. Raises an Error if it cannot be run here.
  constructor(bytes) {
    this.graph = new Graph(bytes);
    const line = this.graph.metadata.get(CALIBRATION) ?? "1 0";
    this.calibration = line.split(" ").map(Number);
  }

  // What a mark says whose ink is in [0, 1], 1 the full stroke. `values` are the digits in it, left
  // to right, none where it is something else; `probability` is that they are as many, whatever
  // each of them is, or that there are none. `digits` are, for each, the probabilities that they
  // are as many and it is one of the ten; `middles` the columns of the ink that they are around.
  read(ink) {
    const shown = strip(ink);
    if (shown === null) return { values: [], probability: 1, digits: [], middles: [] };
    const spelled = spell(this.says(shown.image));
    if (!spelled.values.length) return spelled;
    const probability = calibrated(spelled.probability, this.calibration);
    return {
      values: spelled.values,
      probability,
      digits: spelled.digits.map((shares) => {
        const total = sum(shares);
        return shares.map((share) => (probability * share) / total);
      }),
      middles: spelled.middles.map((place) => shown.column(STEP * (place + 0.5) - 0.5)),
    };
  }

  // The logarithms of the classes' probabilities at each place of a strip, `STEP` columns wide.
  says({ height, width, data }) {
    const logits = this.graph.run(tensorOf(data, height, width)).data;
    if (!logits.every(Number.isFinite)) {
      throw new Error("The network for touching digits gives logits that are no numbers.");
    }
    const places = logits.length / CLASSES;
    return Array.from({ length: places }, (_, place) => {
      const ofPlace = Float64Array.from({ length: CLASSES }, (_, k) => logits[k * places + place]);
      return logSoftmax(ofPlace.map((logit) => logit / this.graph.temperature));
    });
  }
}

// What the likeliest class at each place spells; `middles` are places. `says` has for each place
// the logarithms of the classes' probabilities.
export function spell(says) {
  const { values, middles } = bestPath(says);
  const probability = Math.exp(logProbability(says, values));
  if (!values.length || values.includes(NONE)) {
    return { values: [], probability, digits: [], middles: [] };
  }
  const shares = values.map((_, place) => {
    const others = Array.from({ length: DIGITS }, (_, digit) =>
      Math.exp(logProbability(says, values.with(place, digit))),
    );
    const total = sum(others);
    return others.map((other) => other / total);
  });
  // Were the digits right or wrong each by itself, this would be the probability of their number.
  const all = values.reduce((product, value, place) => product * shares[place][value], 1);
  const several = Math.min(1, probability / all);
  const digits = shares.map((ofDigits) => ofDigits.map((share) => several * share));
  return { values, probability: several, digits, middles };
}

// A probability whose logit is scaled and moved.
function calibrated(probability, [slope, offset]) {
  const within = Math.min(Math.max(probability, LEAST), 1 - LEAST);
  return 1 / (1 + Math.exp(-(slope * Math.log(within / (1 - within)) + offset)));
}

// The classes of the likeliest path, and the middle of the places of each.
function bestPath(says) {
  const best = says.map(argmax);
  const [values, middles] = [[], []];
  for (let start = 0, end = 0; start < best.length; start = end) {
    while (end < best.length && best[end] === best[start]) end += 1;
    if (best[start] === BLANK) continue;
    values.push(best[start]);
    middles.push((start + end - 1) / 2);
  }
  return { values, middles };
}

// The logarithm of the probability of all ways to spell some values (the forward pass).
function logProbability(says, values) {
  const spelled = [BLANK, ...values.flatMap((value) => [value, BLANK])];
  // A value may follow another without a blank between, unless it is the same.
  const maySkip = spelled.map((value, k) => k % 2 === 1 && k > 1 && value !== spelled[k - 2]);
  let sums = spelled.map((value, k) => (k < 2 ? says[0][value] : -Infinity));
  for (const row of says.slice(1)) {
    const before = sums;
    sums = spelled.map((value, k) => {
      const reached = logSum(before[k], before[k - 1] ?? -Infinity);
      return logSum(reached, maySkip[k] ? before[k - 2] : -Infinity) + row[value];
    });
  }
  return sums.slice(-2).reduce(logSum);
}

// The logarithm of the sum of two numbers whose logarithms are given.
function logSum(one, other) {
  const [less, more] = one < other ? [one, other] : [other, one];
  return less === -Infinity ? more : more + Math.log1p(Math.exp(less - more));
}

// The logarithms of the classes' probabilities.
function logSoftmax(logits) {
  const most = extremes(logits)[1];
  const total = Math.log(sum(logits.map((logit) => Math.exp(logit - most))));
  return logits.map((logit) => logit - most - total);
}
