// What numbers are of: kg, °C, %, km/h behind them, letters of which some look like digits, as
// Python's recognition/units.py tells them.

import { sum } from "./arrays.js";
import { SURE } from "./certainty.js";
import { Box } from "./components.js";
import { median } from "./filters.js";
import { textSlope } from "./lines.js";
import { CLEAR_WORD, isLetter, marksOf, toldOf } from "./marks.js";
import { SIDE } from "./normalize.js";
import { OTHER, operatorOf } from "./operators.js";

const LONGEST = 5; // marks of a unit, at most
const LONGEST_OF_ONE = 4; // of one behind a single digit
const STRAY = 3; // letters that are of no unit, at most; nor more than there are units
// All lengths are shares of the height of the digits before a unit.
const [NEAREST, FURTHEST] = [0.12, 1]; // from these to it
const WIDER = 1.5; // the same, of gaps within it, at least
const NEXT = 0.75; // from it to the next mark, at least: signs are nearer
const GAP = 0.3; // from a letter to the next one, at most
const DIGITS_GAP = 0.2; // the same, to what looks like a digit
const TIGHT = 0.12; // the same, to one that is merely low, or has letters on both sides
const LOW = 0.85; // height of letters lower than digits, at most
const LOWER = 0.75; // the same, of i
const HANGING = 0.12; // how much lower than theirs the top of a g is
const SURELY_HANGING = 0.3; // the same, of one by itself
const FALL = 0.36; // how far, to the right, such a line may fall whose slope is not known
const LINKS = 5; // digits with another before them, from which the slope is known
const FOOT = 0.1; // the same, its foot
const SPACE = 0.3; // before what looks like a digit and begins a unit, at least
const SPACE_WIDER = 1.2; // the same, of gaps between the number's digits
const FLAT = 1.5; // width of a dash, of its height, at least
const THIN = 0.35; // height of one, of the digit's behind it, at most
const RING = 0.6; // height of the rings of percents and degrees, of these and of a digit, at most
const RINGS_LAP = 0.15; // of the height of percents, rows that both have
const RINGS_APART = 0.6; // the same, columns between them; from a digit to degrees
const INKED = 128; // of 255
const MEASURED = 200; // digits of a page that tell how far its lines fall
const LETTERS = [0, 1, 2, 5, 6, 9]; // what letters look like
const [RING_VALUE, BAR, HOOK] = [0, 1, 9]; // digits that rings, strokes and g look like

// What stands in a line, left to right, told by its place.
class Row {
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
  // as beside the mark behind: `top` and `foot` are the lowest of theirs, `widest` is a gap between
  // two, `doubt` is how much lower the mark behind may stand because the line falls.
  number(start, end) {
    const boxes = this.marks.slice(start, end).map(({ box }) => box);
    const { column } = this.marks[end].box;
    const fall = (box) => this.slope.fall * (column - box.column);
    return {
      places: boxes.length,
      height: median(boxes.map(({ height }) => height)),
      top: Math.max(...boxes.map((box) => box.top + fall(box))),
      foot: Math.max(...boxes.map((box) => box.bottom + fall(box))),
      widest: boxes.length > 1 ? Math.max(...this.gaps(start + 1, end)) : 0,
      doubt: this.slope.doubt * (column - boxes.at(-1).column),
    };
  }

  // The gaps before some places.
  gaps(start, end) {
    return [...this.marks.keys()].slice(start, end).map((place) => this.gap(place));
  }
}

// Lines without what stands in them behind numbers, which they keep as their `units`. Where units are
// not all that a page has beside numbers, they stay, as letters.
export function withoutUnits(lines) {
  const slope = slopeOf(lines);
  const found = lines.map((line) => unitsOf(line, slope));
  const taken = new Set(found.flat(2));
  if (!taken.size) return lines;
  const isFree = (mark) => !taken.has(mark);
  const strays = lines.flatMap(({ others }) => others.filter(isLetter).filter(isFree)).length;
  const digits = lines.flatMap((line) => line.digits.filter(isFree));
  const isClear = ({ confidence }) => confidence > CLEAR_WORD;
  const areSure = toldOf(digits).some(isClear) || (digits.length > 1 && digits.every(isClear));
  const areUnits = areSure && strays <= Math.min(STRAY, sum(found.map((units) => units.length)));
  return lines.map((line, place) => {
    const kept = line.digits.filter(isFree);
    if (areUnits)
      return { ...line, digits: kept, others: line.others.filter(isFree), units: found[place] };
    const letters = line.digits.filter((mark) => taken.has(mark));
    return { ...line, digits: kept, others: [...line.others, ...letters] };
  });
}

// Whether lines are nothing but sure numbers, half of them with units of several letters.
export function areQuantities(lines) {
  const slope = slopeOf(lines);
  const found = lines.map((line) => unitsOf(line, slope));
  const taken = new Set(found.flat(2));
  const isFree = (mark) => !taken.has(mark);
  const areNumbers = lines.every(({ digits, others }) => {
    const kept = digits.filter(isFree);
    const areSure = kept.length > 0 && kept.every(({ confidence }) => confidence >= SURE);
    return areSure && !others.filter(isFree).some(isLetter);
  });
  const written = found.filter((units) => units.some((unit) => unit.length > 1)).length;
  return areNumbers && 2 * written >= Math.max(1, lines.length);
}

// How far a page's lines fall, in pixels a pixel to the right, and how much further perhaps.
function slopeOf(lines) {
  const boxes = lines.flatMap(({ digits }) => digits.map(({ box }) => box)).slice(0, MEASURED);
  if (!boxes.length) return { fall: 0, doubt: 0 };
  const links = sum(lines.map(({ digits }) => Math.max(0, digits.length - 1)));
  const fall = textSlope(boxes, median(boxes.map(({ height }) => height)));
  return { fall, doubt: links >= LINKS ? 0 : FALL };
}

// A line's units, left to right, each as its marks.
function unitsOf(line, slope) {
  const units = [];
  const row = new Row(line, slope);
  let start = 0;
  while (start < row.marks.length) {
    let end = start;
    while (row.isDigit(end)) end += 1;
    const [first, last] = unitOf(row, start, end);
    if (last > first) units.push(row.marks.slice(first, last));
    start = Math.max(last, start + 1);
  }
  return units;
}

// Where a unit of the number at some places begins and ends; nowhere if it has none. The last of its
// digits may be the first of the letters.
function unitOf(row, start, end) {
  for (const first of [end - 1, end]) {
    const sure = row.marks.slice(start, first).filter(isSure).length;
    if (first <= start || first >= row.marks.length || 2 * sure < first - start) continue;
    const number = row.number(start, first);
    const last = endOf(row, first, number);
    const gaps = row.gaps(first + 1, last).map((gap) => WIDER * gap);
    const longest = number.places > 1 ? LONGEST : LONGEST_OF_ONE;
    const isNear =
      row.gap(first) >= Math.max(NEAREST * number.height, ...gaps) &&
      row.gap(first) <= FURTHEST * number.height;
    const isLast = last === row.marks.length || row.gap(last) >= NEXT * number.height;
    if (isNear && isLast && last - first <= longest && mayBegin(row, first, last, number))
      return [first, last];
  }
  return [end, end];
}

// Behind the last letter of what may be a unit.
function endOf(row, first, number) {
  let end = first + 1;
  // One more than a unit has is enough.
  while (
    end - first <= LONGEST &&
    (row.isLetter(end) || (row.isDigit(end) && isAmongLetters(row, end, number)))
  ) {
    const most = row.isLetter(end) ? GAP : DIGITS_GAP;
    if (row.gap(end) > most * number.height) break;
    end += 1;
  }
  for (let place = first; place < end; place += 1) if (row.isLetter(place)) return end;
  return first + 1;
}

// Whether what looks like a digit in a unit may be a letter or, as in m², an exponent.
function isAmongLetters(row, place, number) {
  const { [place - 1]: before, [place]: mark } = row.marks;
  const low = LOW * number.height;
  const isRaised = mark.box.bottom < (number.top + number.foot) / 2;
  const tight = TIGHT * number.height;
  const isClose = row.gap(place) < tight;
  const isLow = LETTERS.includes(mark.value) && mark.box.height < low;
  if (isRaised || (isLow && isClose) || hangs(mark, number, HANGING)) return true;
  if (mark.value !== BAR) return false;
  const isBetween = isClose && row.isLetter(place + 1) && row.gap(place + 1) < tight;
  return isBetween || before.box.height < low; // as in km/h, ml
}

// Whether a unit may begin with a mark, or be nothing else.
function mayBegin(row, first, last, number) {
  if (!row.isDigit(first)) return row.isLetter(first);
  // Where a point stands before it, a last digit is as far from the one before as a unit is.
  const mark = row.marks[first];
  const { height, widest, doubt } = number;
  if (row.gap(first) < Math.max(SPACE * height, SPACE_WIDER * widest)) return false;
  if (last === first + 1) return hangs(mark, number, SURELY_HANGING + doubt / height);
  const isUnsure = mark.confidence < SURE && mark.box.height < LOW * height;
  return isUnsure || (mark.value === BAR && mark.box.height < LOWER * height);
}

// Whether what looks like a digit surely is one, and no thumb or table at the picture's border.
const isSure = ({ confidence, pieces }) =>
  confidence >= SURE && !pieces.some(({ borders }) => borders);

// Whether a 9 stands lower than digits, as g does, its top by a share of their height.
function hangs({ value, box }, number, share) {
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
    }
    const before = marks[place - 1].box;
    const isRaised = mark.box.height < RING * before.height && mark.box.bottom < before.row;
    const isNear = mark.box.left - before.right < RINGS_APART * before.height;
    const isRing = isRaised && isNear && mark.confidence >= SURE;
    if (isRing && !isPair(marks, place)) rings.add(mark);
  });
  return rings;
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
