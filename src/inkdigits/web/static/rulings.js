// The paper's own lines, ruled or gridded, taken out of the ink, and what is written left in, as
// Python's images/rulings.py does.

import { Plane, and, extremes, mean, not, or, rint } from "./arrays.js";
import { dilated, quantile } from "./filters.js";
import { regions } from "./regions.js";
import {
  MOST_PIECES,
  SHORTEST,
  drawnLines,
  missedRulings,
  ofPaper,
  slantingRulings,
} from "./ruled.js";
import { boxSides } from "./sides.js";
import { levelling, sheared, shearedBack } from "./slant.js";

// Of a piece that a line under digits makes of them
const WIDE = 1.5; // times its height
const LOWEST = 16; // pixels high
const MIDDLE = 0.25; // of its height from above and below: a line is under digits or over them
const TALL = 0.45; // of its height, of two of the digits at least that a line has held together

// The marked pixels without those of long straight lines, along either axis.
export function withoutRulings(marked) {
  if (Math.max(marked.height, marked.width) < SHORTEST) return marked;
  const turned = marked.transposed();
  const { found: across, thin } = slantingRulings(marked);
  const { found: down, thin: thinTurned } = slantingRulings(turned);
  const longest = Math.max(marked.height, marked.width);
  const ofRows = ofPaper(across, longest, down.length);
  const ofColumns = ofPaper(down, longest, across.length, marked.width);
  const stripes = stripesOf(marked, thin, ofRows);
  const upright = stripesOf(turned, thinTurned, ofColumns);
  upright.push(...stripesOf(turned, null, boxSides(turned, ofRows)));
  stripes.push(...stripesOf(marked, null, boxSides(marked, ofColumns)));
  if (!stripes.length && !upright.length) return marked;
  return withoutBoth(marked, stripes, turned, upright);
}

// The marked pixels without lines drawn under numbers, or over them, that touch them. A line
// somebody drew is short, and would be no ruling of the page's; but it is one of the piece that it
// makes of the digits. One through the middle strikes out, and is left.
export function withoutUnderlines(marked) {
  const found = regions(marked);
  const isWide = (place) => {
    const height = found.bottoms[place] - found.tops[place];
    const width = found.rights[place] - found.lefts[place];
    return width >= SHORTEST && width > WIDE * height && height >= LOWEST;
  };
  const wide = [...found.areas.keys()].filter(isWide).slice(0, MOST_PIECES);
  const drawn = wide.map((place) => underlineOf(found, place)).filter((each) => each !== null);
  if (!drawn.length) return marked;
  const kept = marked.copy();
  for (const { top, left, line } of drawn) kept.clear(line, top, left);
  return kept;
}

// The pixels of lines under or over the digits of one piece, in its box; null where there are none.
function underlineOf(found, place) {
  const { top, left, own } = found.part(place);
  const level = levelUnderline(own);
  if (level) return { top, left, line: level };
  const shifts = levelling(own, 1);
  const line = shifts && levelUnderline(sheared(own, shifts));
  return line && { top, left, line: shearedBack(line, shifts) };
}

// The same of a piece that is level, a mask; rows above and below it may be empty.
function levelUnderline(piece) {
  const [first, last] = [piece.data.indexOf(1), piece.data.lastIndexOf(1)];
  const [top, bottom] = [first, last].map((place) => Math.trunc(place / piece.width));
  const own = piece.cut(top, 0, bottom + 1, piece.width);
  const lines = drawnLines(own).filter((each) => !isStruckOut(each, own));
  if (!lines.length) return null;
  const everywhere = own.map(Uint8Array, () => 1);
  const rest = erased(own, stripesOf(own, null, lines), everywhere);
  const parts = regions(rest);
  const tall = parts.bottoms.filter((end, k) => end - parts.tops[k] >= TALL * own.height);
  if (tall.length < 2) return null;
  const line = piece.map(Uint8Array, () => 0);
  line.data.set(and(own, not(rest)).data, top * piece.width);
  return line;
}

// Whether a line goes through the middle of a piece.
function isStruckOut({ line }, { height, width }) {
  const row = mean(line.slice(Math.trunc(width / 20), -Math.ceil(width / 20))) / height;
  return MIDDLE <= row && row <= 1 - MIDDLE;
}

// Where rulings lie, with their thickness: each from row `first` to before `last`, `on` of these
// rows, and the two rows next to it, `above` and `below`, at each column.
export function stripesOf(marked, thin, rulings) {
  const { height, width } = marked;
  const reach = Math.max(4, Math.trunc(width / 150));
  const all = thin ? [...rulings, ...missedRulings(rulings, thin)] : rulings;
  const stripes = [];
  for (const { line: whole, left = 0, right = width } of all) {
    // Beyond the columns that it takes it is nowhere.
    const line = whole.map((row, column) => (column >= left && column < right ? row : Infinity));
    const [highest, lowest] = extremes(line.slice(left, right));
    const first = Math.max(0, Math.trunc(highest) - 2 * reach);
    const last = Math.max(first, Math.min(height, Math.trunc(lowest) + 2 * reach + 1));
    const thickness = thicknesses(marked, line, first, last, reach).filter((pixels) => pixels > 0);
    if (!thickness.length) continue;
    const half = quantile(thickness, 0.4) / 2 + 1.2;
    const beside = (away) => whole.map((row) => Math.min(height - 1, Math.max(0, rint(row + away))));
    const on = new Plane(last - first, width, new Uint8Array((last - first) * width));
    visitNear(line, first, last, half, (row, column) => {
      on.data[(row - first) * width + column] = 1;
    });
    const above = [beside(-(half + 1)), beside(-(half + 2))];
    stripes.push({ first, last, on, above, below: [beside(half + 1), beside(half + 2)], half });
  }
  return stripes;
}

// Visits the places that are at most `reach` pixels above or below a line, of some rows.
function visitNear(line, first, last, reach, visit) {
  for (let column = 0; column < line.length; column += 1) {
    const centre = line[column];
    if (centre === Infinity) continue;
    const end = Math.min(last - 1, Math.ceil(centre + reach));
    for (let row = Math.max(first, Math.floor(centre - reach)); row <= end; row += 1) {
      if (Math.abs(row - centre) <= reach) visit(row, column);
    }
  }
}

// How many pixels are marked near a line, at each column.
function thicknesses({ width, data }, line, first, last, reach) {
  const pixels = new Int32Array(width);
  visitNear(line, first, last, reach, (row, column) => {
    pixels[column] += data[row * width + column];
  });
  return pixels;
}

// The marked pixels without rulings along the rows and, as `turned` has them, along the columns.
export function withoutBoth(marked, stripes, turned, upright, areNear = false) {
  let [onRows, onColumns] = [covered(marked, stripes), covered(turned, upright).transposed()];
  if (areNear) onRows = onColumns = or(onRows, onColumns);
  const kept = erased(marked, stripes, not(onColumns));
  const keptTurned = erased(turned, upright, not(onRows).transposed());
  return and(kept, keptTurned.transposed());
}

// The pixels that lie on a ruling.
function covered({ height, width }, stripes) {
  const mask = new Plane(height, width, new Uint8Array(height * width));
  for (const { first, on } of stripes) {
    const [{ data }, start] = [on, first * width];
    for (let place = 0; place < data.length; place += 1) mask.data[start + place] |= data[place];
  }
  return mask;
}

// Without the pixels on rulings, but where a stroke crosses one. `free` says where ink beside a
// ruling is a stroke's.
function erased(marked, stripes, free) {
  const { width } = marked;
  const strokes = and(marked, free).data;
  const kept = marked.copy();
  for (const { first, on, above, below, half } of stripes) {
    const [upper, lower] = [above, below].map(([next, beyond]) => {
      const met = new Uint8Array(width);
      for (let column = 0; column < width; column += 1)
        met[column] = strokes[next[column] * width + column] | strokes[beyond[column] * width + column];
      return dilated(new Plane(1, width, met), Math.max(1, Math.trunc(half))).data;
    });
    let place = 0;
    for (let start = first * width; place < on.data.length; start += width) {
      for (let column = 0; column < width; column += 1, place += 1) {
        if (on.data[place] && !(upper[column] && lower[column])) kept.data[start + column] = 0;
      }
    }
  }
  return kept;
}
