// A light sheet on something darker, such as a table, as Python's images/sheet.py finds it.

import { above, and, argmax, chosen, mean, not, sum } from "./arrays.js";
import { dilated, eroded, median } from "./filters.js";
import { COARSE, border, otsu } from "./levels.js";
import { compactness, filled, hull, regions } from "./regions.js";
import { factorFor } from "./resize.js";

const SMALLEST_SHEET = 0.03; // of a picture, that a sheet on a table covers
const SMALLEST_BOARD = 0.3; // the same, of a dark board in its frame
const EDGE_OF_SHEET = 0.2; // of white, between a sheet and what it lies on
const COMPACT = 0.93; // as large as a rectangle of its spread, that a sheet is at least
const WRITTEN = 0.003; // of a sheet that is writing, at least
const DARKER = 0.15; // of white, that writing is darker than the sheet, where it is small
const LONGEST = 3; // times as long as broad, that what has no larger writing on it may be: no bar
const SOLID = 0.9; // of its convex hull, that a sheet and the writing within it cover
const SAMPLED = 100_000; // pixels that tell whether there is writing
const EDGE = 2; // pixels of the reduced picture, in which sheet and table may be mixed; more if it curls

// Where a dark board has something lighter around it, such as a frame; null as for sheets.
export function findBoard(small, level) {
  const [reduced, whole] = [small, level].map((plane) =>
    plane.map(Float32Array, (value) => 1 - value),
  );
  return findSheet(reduced, whole, SMALLEST_BOARD);
}

// Where a light sheet lies on something darker, such as a table; null where there is none. A sheet
// is a large, compact, light shape whose holes, the writing on it, are small. Writing at its edge
// takes a bite out of the shape, and so its convex hull is what counts. It is looked for in the
// picture's levels and these reduced, of which it covers a `smallest` share at least.
export function findSheet(small, level, smallest = SMALLEST_SHEET) {
  const light = above(small, otsu(small.data));
  if (mean(border(light)) > 0.4) return null;
  // Opened, so that glints on the table do not hang on to the sheet; that takes off its corners, and
  // so the more solid shape is the sheet's.
  const furthest = Math.max(2, Math.trunc(Math.max(small.height, small.width) / 50));
  const [least, most] = [1, furthest].map((reach) => sheetOf(level, small, light, reach, smallest));
  const { solidity, whole } = most.solidity > least.solidity ? most : least;
  if (!solidity) return null;
  const inside = eroded(whole, EDGE);
  if (!inside.data.includes(1)) return null; // in a tiny picture all may be edge
  return enlargedMask(inside, level);
}

// A reduced picture's mask at the size of the picture.
function enlargedMask(mask, picture) {
  const factor = factorFor(picture, COARSE);
  return picture.map(Uint8Array, (_, place) => {
    const row = Math.trunc(place / picture.width);
    const column = place % picture.width;
    return mask.data[Math.trunc(row / factor) * mask.width + Math.trunc(column / factor)];
  });
}

// A sheet's place, if any, and how much of its hull it covers; 0 where there is none.
function sheetOf(level, small, light, reach, smallest) {
  const found = regions(dilated(eroded(light, reach), reach));
  if (!found.count) return { solidity: 0 };
  const largestOne = argmax(found.areas) + 1;
  const shape = found.labels.map(Uint8Array, (label) => Number(label === largestOne));
  const whole = hull(shape);
  const holes = 1 - mean(chosen(light.data, whole.data));
  const isLarge = mean(whole.data) >= smallest;
  const isWritten = () => holes > WRITTEN || hasSmallWriting(level, whole);
  const isSheet = isLarge && holes < 0.2 && compactness(whole) > COMPACT && isWritten();
  const solidity = isSheet ? sum(filled(shape).data) / sum(whole.data) : 0;
  if (solidity < SOLID) return { solidity: 0 };
  // A sheet has an edge; where light only fades there is none.
  const within = and(whole, not(eroded(whole, 3)));
  const beyond = and(dilated(whole, 3), not(whole));
  const step = mean(chosen(small.data, within.data)) - mean(chosen(small.data, beyond.data));
  return { solidity: step >= EDGE_OF_SHEET ? solidity : 0, whole };
}

// Whether what is written on a sheet is too small to be seen in the reduced picture.
function hasSmallWriting(level, whole) {
  const inside = eroded(whole, EDGE);
  const { count, tops, bottoms, lefts, rights } = regions(inside);
  if (!count) return false;
  const sides = [
    Math.max(...bottoms) - Math.min(...tops),
    Math.max(...rights) - Math.min(...lefts),
  ];
  if (Math.max(...sides) > LONGEST * Math.min(...sides)) return false;
  const all = chosen(level.data, enlargedMask(inside, level).data);
  const step = Math.max(1, Math.trunc(all.length / SAMPLED));
  const onIt = all.filter((_, place) => place % step === 0);
  const paper = median(onIt);
  return mean(onIt.map((value) => Number(value < paper - DARKER))) > WRITTEN;
}

// A channel with the level of the sheet all around it.
export function onlyOn(sheet, channel) {
  const step = Math.max(1, Math.trunc(sum(sheet.data) / 10_000));
  const paper = Math.trunc(
    median(chosen(channel.data, sheet.data).filter((_, place) => place % step === 0)),
  );
  return channel.map(Uint8Array, (value, place) => (sheet.data[place] ? value : paper));
}
