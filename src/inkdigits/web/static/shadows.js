// Shadows that have edges, such as a hand's: what is paper in them, and where they end, as
// Python's images/shadows.py tells them.

import { above, and, chosen, extremes, not, or, rint, sum } from "./arrays.js";
import { boxMean, dilated, eroded, largestWithin, quantile, smallestWithin } from "./filters.js";
import { COARSE } from "./levels.js";
import { regions } from "./regions.js";
import { enlarge, factorFor, reduceTo } from "./resize.js";

export const THICKEST = 0.12; // of a picture's shorter side: half the width of the thickest stroke
export const NARROW = 4; // pixels, half the width of most strokes at most
const STRONG = 0.4; // of the strongest ink, that thicker strokes are at least
const REACHES = [3, 2, 1]; // pixels, half the widths that strokes may have on a narrow shadow
const THICKER = 2; // times as thick as such a stroke, a shadow is at least
const DARKER = 0.06; // of white, by which a shadow is darker than the paper around
const TELLING = 0.25; // of the light, that ink takes away at least
const ALIKE = 0.6; // of what ink takes away elsewhere, that it takes away in a shadow
const WEAKER = 0.8; // of that too: what a shadow takes away at most
const WRITTEN = 0.01; // of a shadow, that is ink
const ELSEWHERE = 0.3; // of all ink, that lies beyond shadows
const SMALLEST = 0.005; // of a picture, a shadow
const FEWEST = 3; // pixels of ink on a shadow
const STEEP = 0.12; // of white, by which paper differs between neighbours at an edge
const FINE = 4 * COARSE; // pixels, long side of the picture that an edge's place is looked up in
const CUBIC = 2; // pixels on either side, that a cubic spline depends on

// A picture without what is darker and at most `2 * reach` pixels wide, by closing; or a part of it,
// from rows and columns to before others.
export function closed(plane, reach, [top, left, bottom, right] = wholeOf(plane)) {
  // The border continues what is there, as far as both steps reach.
  const around = plane.padded(2 * reach).cut(top, left, bottom + 4 * reach, right + 4 * reach);
  const size = 2 * reach + 1;
  return smallestWithin(largestWithin(around, size), size);
}

const wholeOf = ({ height, width }) => [0, 0, height, width];

// The same without what may be a stroke, however thick: a wide shadow stays.
export function withoutStrokes(plane, part = wholeOf(plane)) {
  const reach = Math.max(2, rint(1.5 * THICKEST * Math.min(plane.height, plane.width)));
  return closed(boxMean(plane, 3), reach, part);
}

// Paper made darker where it is darker between strokes. What is wider than most strokes is ink only
// where it is strong: thick pens are.
export function asLightChanges(small, paper) {
  const bare = boxMean(closed(small, NARROW), 3).data;
  const strongest = quantile(
    paper.data.map((value, place) => value - small.data[place]),
    0.995,
  );
  const lower = paper.map(Float32Array, (value, place) => value - bare[place]);
  const thick = dilated(above(lower, STRONG * strongest), NARROW).data;
  return paper.map(Float32Array, (value, place) =>
    thick[place] ? value : Math.min(value, bare[place]),
  );
}

// Of what seems ink, what is paper in a shadow: thicker than a stroke, and from the border.
export function shadeOf(ink) {
  const reach = Math.max(2, rint(THICKEST * Math.min(ink.height, ink.width)));
  const thick = thickOf(ink, reach);
  if (!thick.data.includes(1)) return thick;
  const found = regions(dilated(thick, reach + 1));
  return found.mask(found.atBorder());
}

// What has marks on all sides; the border continues them: a shadow may leave the picture.
function thickOf(marked, reach) {
  const { height, width } = marked;
  return eroded(marked.padded(reach), reach).cut(reach, reach, reach + height, reach + width);
}

// Paper made darker in shadows that are no wider than strokes may be: told from a stroke by what is
// written on it, something narrower, and darker than it is. Gives half the width too that strokes
// on a shadow may have; 0 without any.
export function inNarrowShadows(small, before) {
  const least = Math.min(...REACHES);
  // Most pictures have nothing that is thick even beside the thinnest strokes.
  const dark = darkerThan(before, closed(small, least));
  if (!thickOf(dark, THICKER * least).data.includes(1)) return [before, 0];
  let paper = before;
  let shadows = small.map(Uint8Array, () => 0);
  let narrowest = 0;
  for (const reach of REACHES) {
    const bare = closed(small, reach);
    const here = dilated(writtenOn(small, bare, paper, reach, shadows), 2);
    if (!here.data.includes(1)) continue;
    shadows = or(shadows, here);
    const lower = boxMean(bare, 3).data;
    paper = paper.map(Float32Array, (value, place) =>
      here.data[place] ? Math.min(value, lower[place]) : value,
    );
    narrowest = reach;
  }
  return [paper, narrowest];
}

const darkerThan = (paper, bare) =>
  above(
    paper.map(Float32Array, (value, place) => value - bare.data[place]),
    DARKER,
  );

// What is dark, thick and written on.
function writtenOn(small, bare, paper, reach, shadows) {
  const dark = darkerThan(paper, bare);
  const found = regions(dark);
  const isThick = found.sums(thickOf(dark, THICKER * reach)); // by any pixel
  // Of the light, what ink alone takes away.
  const taken = small.map(
    Float32Array,
    (value, place) => 1 - value / Math.max(bare.data[place], 0.02),
  );
  const most = quantile(taken.data, 0.995);
  const ink = above(taken, ALIKE * most);
  const thick = found.mask(isThick);
  const elsewhere = and(and(ink, not(thick)), not(shadows));
  if (most < TELLING || sum(elsewhere.data) < ELSEWHERE * sum(ink.data))
    return ink.map(Uint8Array, () => 0);
  const shaded = paper.map(
    Float32Array,
    (value, place) => 1 - bare.data[place] / Math.max(value, 0.02),
  );
  const isShadow = Array.from(found.areas, (area, region) => {
    if (!isThick[region]) return false;
    const whole = found.only(region);
    const inked = sum(and(whole, ink).data);
    if (inked < Math.max(WRITTEN * area, FEWEST)) return false;
    if (area < SMALLEST * small.data.length) return false;
    return extremes(chosen(shaded.data, whole.data))[1] <= WEAKER * most;
  });
  return found.mask(isShadow);
}

// Puts the steps of paper at full size where the picture has them, rather than between the reduced
// picture's pixels.
export function giveEdges(full, paper, level, reach) {
  const around = paper.padded(1);
  const [peaks, pits] = [largestWithin(around, 3), smallestWithin(around, 3)];
  const steep = above(
    peaks.map(Float32Array, (value, place) => value - pits.data[place]),
    STEEP,
  );
  if (!steep.data.includes(1)) return;
  const fine = reduceTo(level, FINE);
  const [coarseSize, fineSize] = [COARSE, FINE].map((longest) => factorFor(level, longest));
  const near = dilated(steep);
  // Only around the steps, which are few; beyond them as far as splines reach.
  const [top, left, bottom, right] = boxOf(near).map((place) => place * coarseSize);
  const [first, start] = [top, left].map((at) => Math.max(0, Math.trunc(at / fineSize) - CUBIC));
  const last = Math.min(fine.height, Math.ceil(bottom / fineSize) + CUBIC);
  const end = Math.min(fine.width, Math.ceil(right / fineSize) + CUBIC);
  const part = [first, start, last, end];
  const bare = reach
    ? closed(boxMean(fine, 3), rint(((reach + 1) * coarseSize) / fineSize), part)
    : withoutStrokes(fine, part);
  const exact = enlarge(bare, (last - first) * fineSize, (end - start) * fineSize, fineSize);
  for (let row = top; row < Math.min(bottom, level.height); row += 1) {
    const at = Math.trunc(row / coarseSize) * near.width;
    const from = (row - first * fineSize) * exact.width - start * fineSize;
    for (let column = left; column < Math.min(right, level.width); column += 1) {
      if (near.data[at + Math.trunc(column / coarseSize)])
        full.data[row * level.width + column] = exact.data[from + column];
    }
  }
}

// The rows and columns that marks take, from the first to before the last.
function boxOf({ width, data }) {
  const columns = new Uint8Array(width);
  data.forEach((isMarked, place) => {
    columns[place % width] |= isMarked;
  });
  const rows = [data.indexOf(1), data.lastIndexOf(1)].map((place) => Math.trunc(place / width));
  return [rows[0], columns.indexOf(1), rows[1] + 1, columns.lastIndexOf(1) + 1];
}
