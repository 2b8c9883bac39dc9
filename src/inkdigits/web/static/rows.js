// What stands in a line, left to right: digits, letters and signs, and the numbers among them, as
// Python's recognition/rows.py tells it.

import { sum } from "./arrays.js";
import { SURE } from "./certainty.js";
import { Box } from "./components.js";
import { median } from "./filters.js";
import { isLetter, marksOf } from "./marks.js";
import { SIDE } from "./normalize.js";
import { OTHER, operatorOf } from "./operators.js";
import { textSlope } from "./slopes.js";

const FALL = 0.36; // how far, to the right, such a line may fall whose slope is not known
const LINKS = 5; // digits with another before them, from which the slope is known
const MEASURED = 200; // digits of a page that tell how far its lines fall
const FLAT = 1.5; // width of a dash, of its height, at least
const THIN = 0.35; // height of one, of the digit's behind it, at most
const RING = 0.6; // height of the rings of percents and degrees, of these and of a digit, at most
const RINGS_LAP = 0.15; // of the height of percents, rows that both have
const RINGS_APART = 0.6; // the same, columns between them; from a digit to degrees
const BAR_REACH = 0.2; // the same, of its bar beyond the rings, at most; from its foot to a ring's
const LOWER_RING = 0.55; // of the height of what the other ring is part of, at most
const RING_LAP = 0.1; // of its width, that is below that, at least
const INKED = 128; // of 255
// Shares of the height of a number's digits, of words beside it:
export const LOW = 0.85; // height of letters lower than digits, at most
const GAP = 0.3; // from a letter to the next one, at most
const DIGITS_GAP = 0.2; // the same, to what looks like a digit
const TIGHT = 0.12; // the same, to one that is merely low, or has letters on both sides
const HANGING = 0.12; // how much lower than theirs the top of a g is
const FOOT = 0.1; // the same, its foot
const LETTERS = [0, 1, 2, 5, 6, 9]; // what letters look like
const [RING_VALUE, BAR, HOOK] = [0, 1, 9]; // digits that rings, strokes and g look like

// What stands in a line, left to right, told by its place.
export class Row {
  #rings;
  #digits;
  #signs = new Map();

  constructor(line, slope) {
    this.marks = marksOf(line);
    this.slope = slope;
    this.#rings = ringsOf(this.marks);
    this.#digits = new Set(line.digits.filter((mark) => !this.#rings.has(mark)));
  }

  // Whether it looks like a digit.
  isDigit(place) {
    return this.#digits.has(this.marks[place]);
  }

  // Whether it looks like none or is a part of % and °, and is no sign.
  isLetter(place) {
    const mark = this.marks[place];
    if (!mark || this.isDigit(place)) return false;
    return this.#rings.has(mark) || (isLetter(mark) && !this.#isSign(place));
  }

  // Whether an operator or a dash stands before a digit.
  #isSign(place) {
    if (!this.isDigit(place + 1)) return false;
    if (!this.#signs.has(place)) {
      const { [place]: mark, [place + 1]: digit } = this.marks;
      const isThin = mark.box.height < THIN * digit.box.height;
      const isDash = isThin && mark.box.width >= FLAT * mark.box.height;
      this.#signs.set(place, isDash || isOperator(mark));
    }
    return this.#signs.get(place);
  }

  // Pixels between a mark and the one before.
  gap(place) {
    return this.marks[place].box.left - this.marks[place - 1].box.right;
  }

  // How many digits are from one place to another, how large they are, and where they stand, as high
  // as beside a further mark: `top` and `foot` are the lowest of theirs, `widest` is a gap between
  // two, `doubt` is how much lower or higher that mark may stand because the line falls.
  number(start, end, beside) {
    const boxes = this.marks.slice(start, end).map(({ box }) => box);
    const { column } = this.marks[beside].box;
    const fall = (box) => this.slope.fall * (column - box.column);
    return {
      places: boxes.length,
      height: median(boxes.map(({ height }) => height)),
      top: Math.max(...boxes.map((box) => box.top + fall(box))),
      foot: Math.max(...boxes.map((box) => box.bottom + fall(box))),
      widest: boxes.length > 1 ? Math.max(...this.gaps(start + 1, end)) : 0,
      doubt: this.slope.doubt * Math.min(...boxes.map((box) => Math.abs(column - box.column))),
    };
  }

  // The gaps before some places.
  gaps(start, end) {
    return [...this.marks.keys()].slice(start, end).map((place) => this.gap(place));
  }
}

// How far a page's lines fall, in pixels a pixel to the right, and how much further perhaps.
export function slopeOf(lines) {
  const boxes = lines.flatMap(({ digits }) => digits.map(({ box }) => box)).slice(0, MEASURED);
  if (!boxes.length) return { fall: 0, doubt: 0 };
  const links = sum(lines.map(({ digits }) => Math.max(0, digits.length - 1)));
  const fall = textSlope(boxes, median(boxes.map(({ height }) => height)));
  return { fall, doubt: links >= LINKS ? 0 : FALL };
}

// Whether a word of letters beside a number goes on with a mark, of those behind its first. `tight` is
// how far what looks like a digit and is merely low may be from a letter.
export function goesOn(row, place, number, tight = TIGHT) {
  if (row.isLetter(place)) return row.gap(place) <= GAP * number.height;
  if (!row.isDigit(place) || row.gap(place) > DIGITS_GAP * number.height) return false;
  return isAmongLetters(row, place, number, tight * number.height);
}

// Whether what looks like a digit in a unit may be a letter or, as in m², an exponent.
function isAmongLetters(row, place, number, tight) {
  const { [place - 1]: before, [place]: mark } = row.marks;
  const low = LOW * number.height;
  const isRaised = mark.box.bottom < (number.top + number.foot) / 2;
  const isClose = row.gap(place) < tight;
  const isLow = LETTERS.includes(mark.value) && mark.box.height < low;
  if (isRaised || (isLow && isClose) || hangs(mark, number, HANGING)) return true;
  if (mark.value !== BAR) return false;
  const isBetween = isClose && row.isLetter(place + 1) && row.gap(place + 1) < tight;
  return isBetween || before.box.height < low; // as in km/h, ml
}

// Whether what looks like a digit surely is one, and no thumb or table at the picture's border.
export const isSure = ({ confidence, pieces }) =>
  confidence >= SURE && !pieces.some(({ borders }) => borders);

// Whether a 9 stands lower than digits, as g does, its top by a share of their height.
export function hangs({ value, box }, number, share) {
  const [down, below] = [box.top - number.top, box.bottom - number.foot];
  return value === HOOK && down > share * number.height && below > FOOT * number.height;
}

// What percents, their bars included, and degrees are made of.
function ringsOf(marks) {
  const rings = new Set();
  marks.forEach((mark, place) => {
    if (mark.value !== RING_VALUE || !place) return;
    for (let end = place + 1; end < Math.min(place + 3, marks.length); end += 1) {
      if (marks[end].value !== RING_VALUE || !arePercents(mark.box, marks[end].box)) continue;
      for (const part of marks.slice(place, end + 1)) rings.add(part);
      // A bar that reaches further to the left or to the right than both.
      for (const bar of [marks[place - 1], ...marks.slice(end + 1, end + 2)])
        if (isBetween(bar.box, mark.box, marks[end].box)) rings.add(bar);
    }
    const before = marks[place - 1].box;
    if (hangsOn(mark.box, before)) rings.add(marks[place - 1]).add(mark);
    const isRaised = mark.box.height < RING * before.height && mark.box.bottom < before.row;
    const isNear = mark.box.left - before.right < RINGS_APART * before.height;
    const isRing = isRaised && isNear && mark.confidence >= SURE;
    if (isRing && !isPair(marks, place)) rings.add(mark);
  });
  return rings;
}

// Whether a bar stands where that of two rings of a percent sign does.
function isBetween(bar, upper, lower) {
  const reach = BAR_REACH * (lower.bottom - upper.top);
  const isWithin = bar.left >= upper.left - reach && bar.right <= lower.right + reach;
  return isWithin && upper.column < bar.column && bar.column < lower.column;
}

// Whether a percent's lower ring stands below the bar that the upper one is part of.
function hangsOn(ring, bar) {
  const lap = bar.right - ring.left;
  const isLow = Math.abs(ring.bottom - bar.bottom) <= BAR_REACH * bar.height;
  const isSmall = ring.height < LOWER_RING * bar.height;
  return isSmall && isLow && lap >= RING_LAP * ring.width && ring.column > bar.column;
}

// Whether another raised mark follows, as cents do on another.
function isPair(marks, place) {
  if (place + 1 === marks.length) return false;
  const [{ box }, { box: other }] = [marks[place], marks[place + 1]];
  return other.bottom < box.bottom + box.height / 2 && other.left - box.right < box.height;
}

// Whether two boxes stand to each other as the rings of a percent sign do.
function arePercents(upper, lower) {
  const height = lower.bottom - upper.top;
  const areSmall = Math.max(upper.height, lower.height) < RING * height;
  const isBelow = upper.bottom < lower.top + RINGS_LAP * height;
  const isBehind = upper.column < lower.column && lower.left - upper.right < RINGS_APART * height;
  return areSmall && isBelow && isBehind;
}

// Whether a mark looks like an operator.
function isOperator({ image }) {
  const inked = [...image.keys()].filter((place) => image[place] > INKED);
  if (!inked.length) return false;
  const rows = inked.map((place) => Math.trunc(place / SIDE));
  const columns = inked.map((place) => place % SIDE);
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  const box = new Box(0, 0, Math.max(...rows) - top + 1, Math.max(...columns) - left + 1);
  const data = new Uint8Array(box.height * box.width);
  inked.forEach((_, k) => (data[(rows[k] - top) * box.width + columns[k] - left] = 1));
  return operatorOf({ box, own: { height: box.height, width: box.width, data } }) !== OTHER;
}
