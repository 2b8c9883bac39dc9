// Where a page's rulings are, as Python's images/ruled.py finds them. A ruling is long, thin and
// nearly straight: runs of marked pixels in line with each other, with a parabola through them. A
// ruling has a `line`, its row at each column, the `length` that is marked, and whether it
// `isAcross` from border to border.

import { Plane, and, argmax, extremes, leastSquares, mean, not, rint } from "./arrays.js";
import { lengthened } from "./filters.js";
import { regions } from "./regions.js";
import { levelling, sheared, shearedBack } from "./slant.js";

export const SHORTEST = 48; // pixels across the page, that a ruling takes
const COVERED = 0.75; // of a ruling with gaps, that is not gap
export const MOST_PIECES = 500; // of rulings, that are looked at
const SEEN = 0.3; // of a ruling in an even pattern
const UNEVEN = 0.15; // of a spacing, by which rulings lie off even ones at most
const FEW = 2; // upright strokes of one digit; with one that crosses them no more
const AT_SIDE = 0.05; // of a picture's width, within which from its side a line is a sheet's edge
const DRAWN = 0.8; // of a piece's width, that a line takes by which its digits hang together
const SHORT = 0.5; // of the length of even rulings, that a line of somebody's own is shorter than
const BETWEEN = 0.2; // of their distance, that it is from all of them
const STRICT = 0.05; // the same, where nothing else tells them from strokes

export const middleOf = ({ line }) => line[Math.trunc(line.length / 2)];

// Without the few lines that may be somebody's own, such as that of a sum. `longest` is the
// picture's longer side; `others` counts those found along the other axis. `width`: the
// picture's, where they run down it, as the strokes of a digit all over it do.
export function ofPaper(all, longest, others, width = null) {
  // Lines across the picture's shorter side may be strokes, but not if they make a pattern.
  const across = all.filter((each) => each.isAcross);
  const isPattern =
    (across.length >= 3 && others >= 3) || (across.length >= 4 && spacing(across, STRICT) !== null);
  const long = all.filter((each) => each.length >= 0.25 * longest);
  const enough = long.length >= 3 ? 0.25 : 0.55;
  const areFew = width !== null && all.length <= FEW && all.length + others <= FEW + 1;
  const isAside = (each) => Math.abs(middleOf(each) / width - 0.5) >= 0.5 - AT_SIDE;
  const isOne = ({ length, isAcross }) => length >= enough * longest || (isPattern && isAcross);
  const found = areFew ? all.filter((each) => each.isAcross || isAside(each)) : all;
  const kept = found.filter(isOne);
  const pattern = spacing(across, UNEVEN);
  if (!pattern) return kept;
  const least = SHORT * Math.min(...across.map(({ length }) => length));
  return kept.filter((each) => each.length >= least || !isBetween(each, pattern));
}

// Whether a line lies between even rulings, where somebody struck something out.
function isBetween(ruling, { distance, first }) {
  const place = (middleOf(ruling) - first) / distance;
  return Math.abs(place - Math.round(place)) > BETWEEN;
}

// Straight lines along the rows that hold the digits of one piece, a mask, together.
export function drawnLines(own) {
  const { height, width } = own;
  // No stroke of a digit is so long.
  const length = Math.min(Math.max(0.25 * width, height), 0.8 * width);
  const runs = longRuns(widened(own), Math.trunc(length), Math.trunc(length));
  if (runs === null) return [];
  const found = regions(and(runs, own));
  const lines = [];
  for (let place = 0; place < found.count; place += 1) {
    if (found.rights[place] - found.lefts[place] < length) continue;
    const { rows, columns } = pixelsOf(found, place);
    const { line, near } = parabola(rows, columns, width);
    const across = new Set(columns.filter((_, k) => near[k])).size;
    if (mean(near) >= 0.3 && across >= DRAWN * width) {
      lines.push({ line, length: across, isAcross: false });
    }
  }
  return lines;
}

// The rows and columns of a region's pixels.
function pixelsOf(found, place) {
  const [rows, columns] = [[], []];
  for (let row = found.tops[place]; row < found.bottoms[place]; row += 1) {
    for (let column = found.lefts[place]; column < found.rights[place]; column += 1) {
      if (found.labels.data[row * found.width + column] === place + 1) {
        rows.push(row);
        columns.push(column);
      }
    }
  }
  return { rows, columns };
}

// The even distance of rulings and the place of the first; null if they are not even.
function spacing(rulings, uneven) {
  const sorted = rulings.map(middleOf).sort((one, other) => one - other);
  // One may be found twice.
  const places = sorted.filter((place, k) => k === 0 || place - sorted[k - 1] > 3);
  if (places.length < 3) return null;
  const steps = places.slice(1).map((place, k) => place - places[k]);
  const least = Math.min(...steps);
  const numbers = [0];
  for (const step of steps) numbers.push(numbers.at(-1) + rint(step / least));
  const ones = places.map(() => 1);
  const [distance, first] = leastSquares([numbers, ones], places, ones);
  const off = places.map((place, k) => Math.abs(place - first - distance * numbers[k]));
  return Math.max(...off) > uneven * distance ? null : { distance, first };
}

// Rulings that continue an even pattern, of which strokes leave less to see.
export function missedRulings(rulings, thin) {
  const pattern = spacing(rulings, UNEVEN);
  if (!pattern) return [];
  const { distance, first } = pattern;
  const reach = Math.max(1, Math.trunc(UNEVEN * distance));
  const start = first - Math.floor(first / distance) * distance;
  const missed = [];
  for (let k = 0; start + k * distance < thin.height; k += 1) {
    const place = start + k * distance;
    const away = rulings.map((each) => -Math.abs(middleOf(each) - place));
    const nearest = rulings[argmax(away)];
    if (Math.abs(middleOf(nearest) - place) < 2 * UNEVEN * distance) continue;
    const lines = Array.from({ length: 2 * reach + 1 }, (_, shift) =>
      nearest.line.map((row) => row + (place - middleOf(nearest)) + shift - reach),
    );
    const lengths = lines.map((line) => seenOn(line, thin));
    const best = argmax(lengths);
    if (lengths[best] >= SEEN * thin.width) {
      missed.push({ line: lines[best], length: lengths[best], isAcross: false });
    }
  }
  return missed;
}

// How many pixels of a line are marked.
function seenOn(line, { height, width, data }) {
  let count = 0;
  for (let column = 0; column < width; column += 1) {
    const row = rint(line[column]);
    if (row >= 0 && row < height) count += data[row * width + column];
  }
  return count;
}

// Pixels of long thin marks along the rows; null where they are too few: by default, for a ruling.
// On a small page they are at most `broadest` pixels thick.
export function thinRuns(marked, fewest = null, broadest = 3) {
  const { width } = marked;
  const longest = Math.max(marked.height, width);
  if (width < SHORTEST) return null;
  const thickest = Math.max(broadest, width / 160);
  const least = fewest ?? Math.min(Math.trunc(longest / 2), Math.trunc(1.5 * width));
  const found = longRuns(widened(marked), Math.max(16, Math.trunc(width / 40)), least);
  if (found === null) return null;
  const thick = longRuns(marked.transposed(), Math.trunc(1.6 * thickest) + 2, 0).transposed();
  return and(found, not(lengthened(widened(thick), 1)));
}

// What may be rulings along the rows, which may slant, and the thin runs that they are of.
export function slantingRulings(marked) {
  const shifts = levelling(marked);
  const thin = thinRuns(shifts ? sheared(marked, shifts) : marked);
  const level = findRulings(thin);
  if (!shifts || thin === null) return { found: level, thin };
  const back = (line) => line.map((row, column) => row - shifts[column]);
  const found = level.map((each) => ({ ...each, line: back(each.line) }));
  return { found, thin: shearedBack(thin, shifts) };
}

// What may be rulings, along the rows.
function findRulings(thin) {
  if (thin === null) return [];
  const { width } = thin;
  const longest = Math.max(thin.height, width);
  const reach = Math.min(0.3 * longest, 0.95 * width);
  const found = [];
  for (const { rows, columns } of chainsOf(piecesOf(thin), width)) {
    const [left, right] = extremes(columns);
    if (right - left < reach - 1 || columns.length < 0.5 * reach) continue;
    const { line, near } = parabola(rows, columns, width);
    const length = new Set(columns.filter((_, k) => near[k])).size;
    const isAcross = left <= 0.03 * width && right >= 0.97 * width - 1 && length >= 0.5 * width;
    if (mean(near) >= 0.6 && (length >= 0.25 * longest || isAcross)) {
      found.push({ line, length, isAcross });
    }
  }
  return found;
}

// The longest regions of runs in line with each other: their pixels' rows and columns.
function piecesOf(thin) {
  const { width } = thin;
  const joined = regions(lengthened(thin, Math.max(5, Math.trunc(width / 60))));
  const lengths = joined.rights.map((right, place) => right - joined.lefts[place]);
  const order = [...lengths.keys()].sort((one, other) => lengths[other] - lengths[one]);
  const pieces = [];
  for (const place of order.slice(0, MOST_PIECES)) {
    if (lengths[place] < Math.max(16, 0.06 * width)) break;
    const [rows, columns] = [[], []];
    for (let row = joined.tops[place]; row < joined.bottoms[place]; row += 1) {
      for (let column = joined.lefts[place]; column < joined.rights[place]; column += 1) {
        const at = row * width + column;
        if (thin.data[at] && joined.labels.data[at] === place + 1) {
          rows.push(row);
          columns.push(column);
        }
      }
    }
    if (columns.length) pieces.push({ rows, columns });
  }
  return pieces;
}

// Pieces, those put together that continue each other beyond what is written between.
function chainsOf(pieces, width) {
  const chains = []; // of each its pieces, the row at the right end, its column, pixels so far
  const sides = pieces.map((piece) => ({ ...piece, sides: extremes(piece.columns) }));
  sides.sort((one, other) => one.sides[0] - other.sides[0]);
  for (const {
    rows,
    columns,
    sides: [left, right],
  } of sides) {
    const atLeft = mean(rows.filter((_, k) => columns[k] <= left + 10));
    const row = mean(rows.filter((_, k) => columns[k] >= right - 10));
    const length = right - left + 1;
    const before = chains.find((chain) => {
      const gap = left - chain.end;
      const isNear = gap > 0 && gap < Math.min(0.4 * width, chain.length + length);
      return isNear && Math.abs(atLeft - chain.row) < 2 + 0.01 * gap;
    });
    if (before) {
      before.parts.push({ rows, columns });
      Object.assign(before, { row, end: right, length: before.length + length });
    } else {
      chains.push({ parts: [{ rows, columns }], row, start: left, end: right, length });
    }
  }
  // Bars of a row of digits are in line too, but most of it is between them.
  return chains
    .filter(
      ({ parts, start, end, length }) =>
        parts.length === 1 || length >= COVERED * (end - start + 1),
    )
    .map(({ parts }) => ({
      rows: parts.flatMap((part) => part.rows),
      columns: parts.flatMap((part) => part.columns),
    }));
}

// The row at each column of a robust fit, and which of the pixels lie on it.
export function parabola(rows, columns, width) {
  const across = Float64Array.from(columns, (column) => column / width - 0.5);
  const terms = [across.map((x) => x * x), across, across.map(() => 1)];
  let weights = across.map(() => 1);
  let [solution, distance] = [[], []];
  const at = (x) => (solution[0] * x + solution[1]) * x + solution[2];
  for (let round = 0; round < 3; round += 1) {
    // The residuals are weighted, so their squares are by the weights' squares.
    solution = leastSquares(
      terms,
      rows,
      weights.map((weight) => weight * weight),
    );
    distance = across.map((x, k) => Math.abs(at(x) - rows[k]));
    weights = distance.map((away) => 1 / (1 + (away / 2) ** 2));
  }
  const line = new Float64Array(width).map((_, column) => at(column / width - 0.5));
  return { line, near: Uint8Array.from(distance, (away) => Number(away < 2.5)) };
}

// Pixels of horizontal runs of at least `length`; null where they are fewer than `least`.
function longRuns({ height, width, data }, length, least) {
  const painted = new Uint8Array(data.length);
  let count = 0;
  for (let start = data.indexOf(1); start >= 0;) {
    const edge = (Math.trunc(start / width) + 1) * width;
    let end = start;
    while (end < edge && data[end]) end += 1;
    if (end - start >= length) {
      painted.fill(1, start, end);
      count += end - start;
    }
    start = data.indexOf(1, end);
  }
  return count < least ? null : new Plane(height, width, painted);
}

// Dilated by a pixel up and down.
export function widened({ height, width, data }) {
  const wide = data.slice();
  const last = data.length - width;
  for (let k = 0; k < width && height > 1; k += 1) {
    wide[k] |= data[k + width];
    wide[last + k] |= data[last + k - width];
  }
  for (let place = width; place < last; place += 1)
    wide[place] = data[place - width] | data[place] | data[place + width];
  return new Plane(height, width, wide);
}
