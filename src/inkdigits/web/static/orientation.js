// Which way up a page lies, by the digits on it: all four ways are read and compared, as Python's
// recognition/orientation.py does.

import { Plane, argmax, sum } from "./arrays.js";
import { BARS_AND_RINGS, CLEAR_WORD } from "./marks.js";
import { SIDE } from "./normalize.js";

const LOOKED_AT = 80; // pieces, the largest
const FEWEST = 2; // pieces that are a digit some way up; one says nothing: a 6 may be a 9
const MANY = 4; // as many say more
const DIGIT = 0.5; // the probability of one, the best way up
// By how many nats a digit must be the better one
const UPSIDE_DOWN = 0.1; // of many, upside down
const UPSIDE_DOWN_FEW = 0.35; // of few
const SIDEWAYS = 0.35; // of many, on its side, where digits also stand above each other
const SURELY_SIDEWAYS = 1.5; // on its side, wherever they stand
const DOUBT = 0.01; // to be spoken of; of many upside down also when not as good by so much
const LEAST = 0.02; // probability: one piece must not decide
const NEARLY_ALL = 0.9; // of the pieces of a digit's size, that are digits
const LABEL = 0.5; // of the digits' size, below which what is one some way up may be a label's letter
const SURE = 0.97; // a probability
const MOST = 0.85; // of the digits, that have it where other things are there

// Which way up the page lies: how many quarter turns counterclockwise put it upright, and after how
// many `perhaps` the digits are as good, if not enough better to turn it; or the same.
export function wayUp(singles, score) {
  const upright = { quarters: 0, perhaps: 0 };
  const lookedAt = singles.slice(0, LOOKED_AT);
  if (lookedAt.length < FEWEST) return upright;
  const others = isSurelyUpright(lookedAt) ? [2] : [1, 2, 3];
  const pieces = lookedAt.map((single) => ({ single, ways: waysUp(single, others, score) }));
  const digits = pieces.filter(({ ways }) => ways.some((way) => Math.max(...way) > DIGIT));
  if (digits.length < FEWEST) return upright;
  // What is hardly a digit even the best way up, such as a sign, says little.
  const sure = ({ ways }) => 2 * Math.max(...ways.map((way) => Math.max(...way))) - 1;
  const log = ({ ways }, way) => Math.log(Math.max(...ways[way], LEAST));
  const mean = (way) => weightedMean(digits, (piece) => log(piece, way), sure);
  const means = [0, ...others].reduce((known, way) => ({ ...known, [way]: mean(way) }), {});
  const best = others[argmax(others.map((way) => means[way]))];
  const gain = means[best] - means[0];
  // A label's letters are digits on their heads, but not those that it stands above.
  const least = LABEL * typicalSize(digits);
  const large = digits.filter(({ single }) => single.box.size >= least);
  const isTurned =
    (best === 2 ? isUpsideDown(digits, gain) : isSideways(digits, best, gain)) &&
    weightedMean(large, (piece) => log(piece, best) - log(piece, 0), sure) > 0;
  const quarters = isTurned && areDigits(pieces, best) ? best : 0;
  const opposite = (quarters + 2) % 4;
  if (!quarters && gain > DOUBT) return { quarters, perhaps: best };
  if (digits.length >= MANY && means[opposite] - means[quarters] > -DOUBT)
    return { quarters, perhaps: opposite };
  return { quarters, perhaps: quarters };
}

// Of the other ways up the one that shows the greatest number of sure digits, 0 and 1 apart, and of
// as many the one where they are surest: in doubt with its opposite where that shows as many; as the
// page lies where none shows two.
export function wayWithDigits(singles, score) {
  const upright = { quarters: 0, perhaps: 0 };
  const lookedAt = singles.slice(0, LOOKED_AT);
  if (lookedAt.length < FEWEST) return upright;
  const others = [1, 2, 3];
  const pieces = lookedAt.map((single) => waysUp(single, others, score));
  const isSure = (joint) =>
    Math.max(...joint) > CLEAR_WORD && !BARS_AND_RINGS.includes(argmax(joint));
  const sure = others.map((way) =>
    pieces.map((ways) => ways[way]).filter(isSure).map((joint) => Math.max(...joint)),
  );
  const counts = sure.map((some) => some.length);
  const even = others.filter((way) => counts[way - 1] === Math.max(...counts));
  // What differs by less is how this and ONNX Runtime round.
  const quarters = even[argmax(even.map((way) => Math.round(1000 * sum(sure[way - 1]))))];
  if (counts[quarters - 1] < FEWEST) return upright;
  const opposite = (quarters + 2) % 4;
  const isEven = even.includes(opposite);
  return { quarters, perhaps: isEven ? opposite : quarters };
}

// Few digits become no others upside down (0, 1, 8; 6 and 9), so little must be enough.
function isUpsideDown(digits, gain) {
  return gain > (digits.length >= MANY ? UPSIDE_DOWN : UPSIDE_DOWN_FEW);
}

// On its side, a digit is hardly one any more, but a dash is a 1: dashes alone prove nothing.
function isSideways(digits, way, gain) {
  const isShape = (joint) => Math.max(...joint) > DIGIT && argmax(joint) !== 1;
  if (digits.filter(({ ways }) => isShape(ways[way])).length <= 0.2 * digits.length) return false;
  return (
    gain > SURELY_SIDEWAYS ||
    (gain > SIDEWAYS && digits.length >= MANY && shareAbove(digits) > 0.6)
  );
}

// Whether pieces are digits one way up: nearly all that are of a digit's size, or else surely. Some
// letters are digits on their heads or sides, but not all of a word, and not as surely.
function areDigits(pieces, way) {
  const marks = pieces.map(({ single, ways }) => ({ single, most: Math.max(...ways[way]) }));
  const digits = marks.filter(({ most }) => most > DIGIT);
  if (!digits.length) return false;
  const typical = typicalSize(digits);
  const alike = ({ single: { box } }) => box.size >= typical / 2 && box.size <= 2 * typical;
  const found = digits.filter(alike);
  if (found.length >= NEARLY_ALL * marks.filter(alike).length) return true;
  return found.filter(({ most }) => most > SURE).length >= MOST * found.length;
}

// The size of digits in the middle of their ink, from the largest on.
function typicalSize(digits) {
  const weights = digits.map(({ single }) => Math.sqrt(single.area));
  let [half, place] = [sum(weights) / 2, 0];
  while ((half -= weights[place]) > 0) place += 1;
  return digits[place].single.box.size;
}

// Whether no other way up can be better, even with every piece a digit without doubt in it. It need
// not be known which pieces are digits: one that may not count is no digit as it lies, so it alone
// says more than `DOUBT`, and without it the mean is only smaller.
function isSurelyUpright(singles) {
  const pieces = singles.map((single) => ({ single }));
  const most = ({ single }) => -Math.log(Math.max(single.confidence, LEAST));
  return weightedMean(pieces, most) < DOUBT;
}

// The mean of what `value` gives, larger pieces counting more, and `sure` ones.
function weightedMean(pieces, value, sure = () => 1) {
  const weights = pieces.map((piece) => Math.sqrt(piece.single.area) * sure(piece));
  return sum(pieces.map((piece, k) => value(piece) * weights[k])) / sum(weights);
}

// The probability of a digit and each of them, as it lies and other ways up, by quarters.
function waysUp(single, others, score) {
  const image = new Plane(SIDE, SIDE, single.image);
  const ways = [single.digits];
  for (const quarters of others) ways[quarters] = score(image.turned(quarters).data);
  return ways;
}

// The share of pieces whose nearest neighbour lies rather above or below than beside.
function shareAbove(pieces) {
  const singles = pieces.map(({ single }) => single);
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
