// What is light and dark by turns around a sheet, as Python's images/patterns.py finds it.

import { and, chosen, mean, not, sum } from "./arrays.js";
import { dilated, eroded } from "./filters.js";
import { border } from "./levels.js";
import { regions } from "./regions.js";

const EDGE = 0.2; // of white, between a sheet and the pattern's dark beside it
const PLAIN = 0.8; // of the picture's border that is light where there is no such pattern
const AROUND = 0.1; // of the picture, around a sheet
const LEAVES = 0.25; // of the picture's border, that the sheet covers at most
const DARK = 0.35; // of what is around the sheet
const CHANGES = 0.07; // between light and dark, for each pixel of what is around
const BESIDE = 3; // pixels around the sheet, of which a part is dark
const DARK_BESIDE = 0.2; // of these, on each side

// What is dark and goes on to the border, if it may be of a pattern; null otherwise.
export function darkPattern(light) {
  if (mean(border(light)) > PLAIN) return null;
  const found = regions(not(light));
  const dark = found.mask(found.atBorder());
  const everywhere = dark.map(Uint8Array, () => 1);
  if (mean(dark.data) < AROUND * DARK) return null;
  return changesOf(dark, everywhere) < CHANGES * sum(dark.data) ? null : dark;
}

// Whether a pattern is around a sheet, and what is dark in it ends at the sheet's edge.
export function liesOnPattern(small, dark, sheet) {
  const around = not(sheet);
  if (mean(around.data) < AROUND || mean(border(sheet)) > LEAVES) return false;
  if (mean(chosen(dark.data, around.data)) < DARK) return false;
  if (changesOf(dark, around) < CHANGES * sum(around.data)) return false;
  const beside = and(dilated(sheet, BESIDE), around);
  if (sidesOf(beside, sheet).some((values) => mean(values.map((at) => dark.data[at])) < DARK_BESIDE))
    return false;
  const within = and(sheet, not(eroded(sheet, BESIDE)));
  const [lights, darks] = [within, and(beside, dark)].map((part) =>
    mean(chosen(small.data, part.data)),
  );
  return lights - darks >= EDGE;
}

// How often a pixel is marked and the next, below or to the right, is not, or inversely.
function changesOf({ height, width, data }, within) {
  let count = 0;
  for (let place = 0; place < data.length; place += 1) {
    if (!within.data[place]) continue;
    const isLast = (place + 1) % width === 0;
    if (!isLast && within.data[place + 1] && data[place + 1] !== data[place]) count += 1;
    const below = place + width;
    if (below < height * width && within.data[below] && data[below] !== data[place]) count += 1;
  }
  return count;
}

// The places on each of the four sides beside a sheet, parted by its diagonals; those there are.
function sidesOf(beside, sheet) {
  const { width } = sheet;
  const [rows, columns] = [new Set(), new Set()];
  sheet.data.forEach((value, place) => {
    if (!value) return;
    rows.add(Math.trunc(place / width));
    columns.add(place % width);
  });
  const [tall, wide] = [rows.size, columns.size];
  const [middle, centre] = [rows, columns].map(
    (places) => Math.min(...places) + Math.max(...places),
  );
  const sides = [[], [], [], []];
  beside.data.forEach((value, place) => {
    if (!value) return;
    const down = (2 * Math.trunc(place / width) - middle) * wide;
    const right = (2 * (place % width) - centre) * tall;
    const isUpright = Math.abs(down) > Math.abs(right);
    sides[isUpright ? 2 + Math.sign(down) : 1 + Math.sign(right)].push(place);
  });
  return sides.filter((side) => side.length);
}
