// Which way up a page lies, by the digits on it: all four ways are read and compared, as Python's
// recognition/orientation.py does.

import { Plane, argmax, extremes, sum } from "./arrays.js";
import { SIDE } from "./normalize.js";

const LOOKED_AT = 80; // pieces, the largest
const FEWEST = 4; // pieces that are a digit some way up; fewer say little: a 6 may be a 9
const DIGIT = 0.5; // the probability of one, the best way up
const CLEARLY = 0.35; // by how many nats a digit another way up must be the better one
const LEAST = 0.02; // probability: one piece must not decide

// How many quarter turns counterclockwise put the page upright, 0 to 3. A quarter turn is believed
// only where digits also stand above each other rather than beside.
export function quartersToTurn(singles, score) {
  const lookedAt = singles.slice(0, LOOKED_AT);
  if (lookedAt.length < FEWEST || isSurelyUpright(lookedAt)) return 0;
  const judged = lookedAt.map((single) => ({ single, ways: waysUp(single, score) }));
  const digits = judged.filter(({ ways }) => extremes(ways)[1] > DIGIT);
  if (digits.length < FEWEST) return 0;
  const weights = digits.map(({ single }) => Math.sqrt(single.area));
  const means = [0, 1, 2, 3].map((way) => {
    const logs = digits.map(({ ways }, k) => Math.log(Math.max(ways[way], LEAST)) * weights[k]);
    return sum(logs) / sum(weights);
  });
  const quarters = argmax(means);
  if (means[quarters] - means[0] < CLEARLY) return 0;
  const isBelieved = quarters === 2 || shareAbove(digits.map(({ single }) => single)) > 0.6;
  return isBelieved ? quarters : 0;
}

// Whether no other way up can be clearly better, even if every piece were a digit without doubt in
// it, so that there is no need to look. Whichever pieces turn out to be digits: those that may not
// count are no digit as they lie, so each alone says more than `CLEARLY`, and without them the mean
// is only smaller.
function isSurelyUpright(singles) {
  const weights = singles.map((single) => Math.sqrt(single.area));
  const most = singles.map(
    ({ confidence }, k) => -Math.log(Math.max(confidence, LEAST)) * weights[k],
  );
  return sum(most) / sum(weights) < CLEARLY;
}

// The probability of the best digit, each way up.
function waysUp(single, score) {
  const image = new Plane(SIDE, SIDE, single.image);
  const turned = [1, 2, 3].map((quarters) => extremes(score(image.turned(quarters).data))[1]);
  return [single.confidence, ...turned];
}

// The share of pieces whose nearest neighbour lies rather above or below than beside.
function shareAbove(singles) {
  const above = singles.filter((single) => {
    const apart = singles
      .filter((other) => other !== single)
      .map(({ box }) => [
        Math.abs(box.row - single.box.row),
        Math.abs(box.column - single.box.column),
      ]);
    const [down, across] = apart[argmax(apart.map((steps) => -Math.hypot(...steps)))];
    return down > across;
  });
  return above.length / singles.length;
}
