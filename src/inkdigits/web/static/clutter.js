// Another look at a page, without what is far fainter than its digits: creases, stains, grids that
// lie askew, the other side. As Python's recognition/clutter.py does.

import { above, and, chosen, mean, not, rint } from "./arrays.js";
import { SURE, digitsOf, isNumber, sureOf } from "./certainty.js";
import { Box } from "./components.js";
import { dilated, median, quantile } from "./filters.js";
import { regions } from "./regions.js";

const LEAST = 14; // pixels, the height of digits
const STROKE = 0.8; // share of a digit's ink that is weaker than what its strength is
const STRONGEST = 0.95; // the same of all ink, where no digit is sure
const STRONG = 0.6; // of the digits' strength, above which ink is no clutter
const WEAK = 0.5; // of it, below which a digit that is not sure may be clutter
const BLUR = 0.15; // of the digits' height, how far from strong ink its blurred edges reach
const PART = 0.05; // of the strong ink that it hangs together with, that clutter has at least
const HIDING = 0.4; // of all ink, that clutter has at least where no digit is sure
const ALIKE = [0.7, 1.5]; // of the digits' height, that of a digit that was not there before
const LIKELY = 0.5; // or its confidence, where clutter hung together with it

// Ink without clutter: `ink`, and what is known of the page with it.
class Cleared {
  constructor(ink, lines, usual, height, before) {
    Object.assign(this, { ink, lines, usual, height, before });
  }

  // Whether a reading of this ink says more than the one before, and nothing less.
  isBetter(lines) {
    const [read, found] = [digitsOf(lines), digitsOf(this.lines)];
    if (this.height === null && !isNumber(lines)) return false;
    if (sureOf(read).length <= sureOf(found).length) return false;
    if (signsOf(lines) < signsOf(this.lines)) return false;
    if (!found.every((digit) => this.#isKept(digit, read))) return false;
    return read.every((digit) => this.#mayBe(digit, found));
  }

  // Whether a digit is there again, or a sure one in its place, or it was faint itself.
  #isKept(digit, read) {
    if (read.some((other) => other.value === digit.value && digit.isAt(other))) return true;
    if (digit.confidence >= SURE) return false;
    if (sureOf(read).some((other) => other.isAt(digit))) return true;
    return strengthOf(this.before, digit) < WEAK * this.usual;
  }

  // Whether a digit was there before, or may be a new one.
  #mayBe(digit, found) {
    if (found.some((other) => other.value === digit.value && other.isAt(digit))) return true;
    const { confidence, box } = digit;
    const [low, high] = ALIKE.map((share) => share * (this.height ?? box.height));
    if (confidence >= SURE && low <= box.height && box.height <= high) return true;
    if (confidence < LIKELY || found.some((other) => other.isAt(digit))) return false;
    return this.#wasJoined(box);
  }

  // Whether ink around a digit's box was taken away.
  #wasJoined({ top, left, bottom, right }) {
    const { height, width } = this.ink.marked;
    const [below, beyond] = [Math.min(height, bottom + 1), Math.min(width, right + 1)];
    const wider = new Box(Math.max(0, top - 1), Math.max(0, left - 1), below, beyond);
    const now = within(this.ink.marked, wider);
    return within(this.before.marked, wider).data.some((value, place) => value > now.data[place]);
  }
}

// The ink, upright, of which `lines` were read, without what is faint and hangs together with strong
// ink; null where that is little, or where the digits that are surely read are lower than 14 pixels.
export function withoutClutter(ink, lines) {
  const sure = sureOf(digitsOf(lines));
  const height = sure.length ? median(sure.map(({ box }) => box.height)) : null;
  if (!ink.marked.data.includes(1) || (height !== null && height < LEAST)) return null;
  const usual = usualStrength(ink, sure);
  const strong = and(ink.marked, above(ink.strength, STRONG * usual));
  const reach = Math.max(2, rint(BLUR * (height ?? 0)));
  const clutter = and(ink.marked, not(dilated(strong, reach)));
  if (!clutter.data.includes(1)) return null;
  const whole = regions(ink.marked);
  const areas = whole.sums(clutter);
  const digits = new Set(sure.map(({ box }) => nameOf(box.top, box.left, box.bottom, box.right)));
  const { tops, lefts, bottoms, rights } = whole;
  for (let place = 0; place < areas.length; place += 1) {
    const name = nameOf(tops[place], lefts[place], bottoms[place], rights[place]);
    if (digits.has(name)) areas[place] = 0;
  }
  const inked = whole.sums(strong);
  if (!areas.some((area, place) => inked[place] && area > PART * inked[place])) return null;
  const cleared = ink.marked.copy();
  const hidden = whole.mask(areas).data;
  for (let place = 0; place < hidden.length; place += 1) {
    if (hidden[place]) cleared.data[place] = strong.data[place];
  }
  if (!sure.length && mean(cleared.data) > (1 - HIDING) * mean(ink.marked.data)) return null;
  const rest = ink.with(cleared);
  return new Cleared(rest, lines, usual, height, ink);
}

const signsOf = (lines) => lines.flatMap((line) => line.signs ?? []).length;

// How strong digits are: those that are surely read, or else the strongest ink.
function usualStrength(ink, sure) {
  if (!sure.length) return quantile(chosen(ink.strength.data, ink.marked.data), STRONGEST);
  const strengths = sure.map((digit) => strengthOf(ink, digit));
  return strengths.length > 2 ? median(strengths) : Math.max(...strengths);
}

// How strong a digit's strokes are, without their blurred edges.
const strengthOf = ({ strength, marked }, { box }) =>
  quantile(chosen(within(strength, box).data, within(marked, box).data), STROKE);

const within = (plane, { top, left, bottom, right }) => plane.cut(top, left, bottom, right);

const nameOf = (...sides) => sides.join();
