// Another look at a page, without what is far fainter than the digits that are surely read on it:
// creases, stains, grids that lie askew, the other side. As Python's recognition/clutter.py does.

import { Plane, above, and, chosen, not, rint } from "./arrays.js";
import { dilated, median, quantile } from "./filters.js";
import { Ink } from "./ink.js";
import { regions } from "./regions.js";

const SURE = 0.9; // confidence, of a digit that must not be lost
const LEAST = 14; // pixels, the height of digits
const USUAL = 0.8; // share of a digit's ink that is weaker than what it counts by
const STRONGEST = 0.95; // the same of all ink, where no digit is sure
const MOST = 0.75; // of all digits, that must be sure where none was before
const WEAK = 0.5; // of the digits' strength, below which a line of ones is none
const CORE = 0.7; // of that too: what is ink, by two thresholds, where there is clutter
const FAINT = 0.55;
const BLUR = 0.15; // of the digits' height, how far from ink so strong its blurred edges reach
const PART = 0.05; // of such ink, that clutter which hangs together with it has
const ALIKE = [0.7, 1.5]; // of the digits' height, that of a digit that was not there before
const OWN = 0.5; // of its ink, that hung together with clutter, or it is as sure and as high

// The ink, upright, of which `lines` were read, without what is faint in what is no digit, and
// whether what is read of it is to be preferred; null where clutter hides and feigns no digit.
export function withoutClutter(ink, lines) {
  const found = digitsOf(lines);
  const sure = found.filter(({ confidence }) => confidence >= SURE);
  if (!ink.marked.data.includes(1)) return null;
  const height = sure.length ? median(sure.map(({ box }) => box.height)) : 0;
  if (sure.length && height < LEAST) return null;
  const usual = usualStrength(ink, sure);
  const feigned = lines.filter((line) => isFeigned(line, ink, WEAK * usual));
  const ones = new Set(digitsOf(feigned));
  const kept = sure.filter((digit) => !ones.has(digit));
  const marked = and(ink.marked, above(ink.strength, FAINT * usual));
  const strong = withCore(marked, above(ink.strength, CORE * usual));
  const reach = Math.max(2, rint(BLUR * height));
  const clutter = and(ink.marked, not(dilated(strong, reach)));
  const whole = regions(ink.marked);
  const areas = countsOf(whole, clutter);
  const digits = new Set(kept.map(({ box }) => nameOf(box.top, box.left, box.bottom, box.right)));
  const { tops, lefts, bottoms, rights } = whole;
  for (let place = 0; place < areas.length; place += 1) {
    const name = nameOf(tops[place], lefts[place], bottoms[place], rights[place]);
    if (digits.has(name)) areas[place] = 0;
  }
  const inked = countsOf(whole, strong);
  const isHidden = areas.some((area, place) => inked[place] && area > PART * inked[place]);
  if (!feigned.length && !isHidden) return null;
  const changed = those(whole, (place) => areas[place] > 0);
  const rest = ink.marked.map(Uint8Array, (value, place) =>
    changed.data[place] ? strong.data[place] : value,
  );
  const cleared = new Ink(ink.strength, ink.full, rest, ink.lightOnDark);
  const mayBeNew = ({ confidence, box }) => {
    const [low, high] = ALIKE.map((share) => share * height);
    if (confidence >= SURE && low <= box.height && box.height <= high) return true;
    return total(and(cut(rest, box), cut(changed, box))) >= OWN * total(cut(rest, box));
  };
  const isBetter = (again) => {
    const read = digitsOf(again);
    if (!sure.length) return isNumber(read);
    if (read.length === found.length && read.every(({ value }, k) => value === found[k].value))
      return false;
    if (!kept.every((digit) => isAmong(digit, read))) return false;
    return read.every((digit) => isAmong(digit, found) || mayBeNew(digit));
  };
  return { ink: cleared, isBetter };
}

const digitsOf = (lines) => lines.flatMap((line) => line.digits);

// How strong digits are: those that are surely read, or else the strongest ink.
function usualStrength(ink, sure) {
  if (!sure.length) return quantile(chosen(ink.strength.data, ink.marked.data), STRONGEST);
  const strengths = sure.map((digit) => strengthOf(ink, digit));
  return strengths.length > 2 ? median(strengths) : Math.max(...strengths);
}

// Whether they are several, surely digits for the most part, and not ones alone.
function isNumber(digits) {
  const sure = digits.filter(({ confidence }) => confidence >= SURE);
  const isMost = sure.length >= Math.max(2, MOST * digits.length);
  return isMost && sure.some(({ value }) => value !== 1);
}

// How strong a digit's strokes are, without their blurred edges.
const strengthOf = ({ strength, marked }, { box }) =>
  quantile(chosen(cut(strength, box).data, cut(marked, box).data), USUAL);

// Whether a line is nothing but weak ones, as creases are.
const isFeigned = ({ digits }, ink, weak) =>
  digits.every((digit) => digit.value === 1 && strengthOf(ink, digit) < weak);

function withCore(marked, core) {
  const found = regions(marked);
  const counts = countsOf(found, core);
  return those(found, (place) => counts[place] > 0);
}

// How many pixels of a mask are in each region.
function countsOf({ labels, count }, { data }) {
  const counts = new Int32Array(count + 1);
  for (let place = 0; place < data.length; place += 1) counts[labels.data[place]] += data[place];
  return counts.subarray(1);
}

// The pixels of some regions.
function those({ labels, count }, isOne) {
  const chosenOnes = new Uint8Array(count + 1);
  for (let place = 0; place < count; place += 1) chosenOnes[place + 1] = Number(isOne(place));
  const { height, width, data } = labels;
  return new Plane(
    height,
    width,
    Uint8Array.from(data, (label) => chosenOnes[label]),
  );
}

// Whether the same digit is among others, around its middle.
const isAmong = ({ value, box: { row, column } }, others) =>
  others.some(
    ({ value: same, box: { top, left, bottom, right } }) =>
      same === value && top <= row && row <= bottom && left <= column && column <= right,
  );

const cut = (plane, { top, left, bottom, right }) => plane.cut(top, left, bottom, right);

const total = ({ data }) => data.reduce((count, value) => count + value, 0);

const nameOf = (...sides) => sides.join();
