// Ready crops, one digit each, made as MNIST holds digits, as Python's images/crops.py does:
// polarity and paper, ink, what belongs to the digit and not to its neighbours, size and place.

import { above, extremes, leastSquares, mean, rint, sum } from "./arrays.js";
import { boxMean, median, medianOfNine, quantile } from "./filters.js";
import { EDGE, normalize } from "./normalize.js";
import { LEAST_LINED, borderOf, centralInk, ownInk, withoutBox, withoutLines } from "./ownink.js";
import { difference, surfaceOf, termsOf, weightsFor } from "./surface.js";

const EVEN = 10; // levels of 255 by which the border of a crop on clean paper varies at most
const UNEVEN = 0.04; // standard deviation along the border, of white, above which paper is uneven
const SPECKS = 0.01; // share of pixels that are single specks, above which a crop is noisy
const LEAST = 0.08; // contrast, of white, that becomes full ink at most
const MUCH = 0.3; // of a crop, that is unlike its border where that may be a line
const PAPER = 0.5; // ink that is weaker is paper, where there are two levels
const WITHIN = [0.04, 0.08, 0.12]; // of a side, that a way around is within the border
const AROUND = 0.9; // of that way, that is paper at least

// A crop, a plane of bytes, dark on light or light on dark, as 28 x 28 bytes.
export const normalizeCrop = (crop) => normalize(ownInk(inkOf(crop)));

// Whether it is in doubt what is the digit's ink: some is at the border, or paper is uneven; or the
// border is unlike much, as a box's line is.
export function isDoubtful(crop) {
  const edge = borderOf(crop);
  const [least, most] = extremes(edge);
  if (most - least > EVEN) return true;
  const paper = Math.fround(mean(edge));
  const away = crop.map(Float32Array, (level) => Math.abs(level - paper)).data;
  const half = extremes(away)[1] / 2;
  return away.filter((far) => far > half).length > MUCH * away.length;
}

// `normalizeCrop` for a digit cut out close: all of one of two levels is its ink. Lines along most of a
// side are left out. All black where no ink reaches two opposite sides.
export function normalizeClose(crop, lightOnDark) {
  const ink = withoutLines(atTwoLevels(crop, lightOnDark));
  const { height, width } = ink;
  const isInked = (...box) => extremes(ink.cut(...box).data)[1] >= EDGE;
  const down = isInked(0, 0, 1, width) && isInked(height - 1, 0, height, width);
  const across = isInked(0, 0, height, 1) && isInked(0, width - 1, height, width);
  return normalize(down || across ? ink : blank(ink));
}

// `normalizeCrop` for a digit within a box's line along the border, or close to it. All black where no
// paper goes around within a line.
export function normalizeBoxed(crop, lightOnDark) {
  const ink = atTwoLevels(crop, lightOnDark);
  return normalize(isPaperWithin(ink) ? ownInk(withoutBox(ink)) : blank(ink));
}

const blank = (ink) => ink.map(Float32Array, () => 0);

// Ink in [0, 1], where paper and ink are the means of what is darker and lighter than half.
function atTwoLevels(crop, lightOnDark) {
  const levels = crop.map(Float32Array, (level) => (lightOnDark ? level : 255 - level));
  const middle = sum(extremes(levels.data)) / 2;
  const [strong, weak] = [(level) => level > middle, (level) => level <= middle].map((is) => {
    const part = levels.data.filter(is);
    return part.length ? mean(part) : 0;
  });
  const contrast = Math.max(strong - weak, 1);
  return levels.map(Float32Array, (level) => Math.min(1, Math.max(0, (level - weak) / contrast)));
}

// Whether a way around in a crop, a little within the border, is paper, as is most within it.
function isPaperWithin(ink) {
  const { height, width } = ink;
  const paper = ink.map(Uint8Array, (level) => Number(level < PAPER));
  return WITHIN.some((share) => {
    const [down, across] = [rint(share * height), rint(share * width)];
    const inner = paper.cut(down, across, height - down, width - across);
    return mean(borderOf(inner)) >= AROUND && mean(inner.data) > 0.5;
  });
}

// `normalizeCrop` for a digit beside others' strokes: those at the border are left out.
export const normalizeCentral = (crop) => normalize(centralInk(inkOf(crop)));

// Ink in [0, 1], 1 the full stroke, whatever the paper.
function inkOf(crop) {
  const edge = borderOf(crop);
  const [least, most] = extremes(edge);
  const isDifficult = most - least > EVEN;
  const ink = isDifficult
    ? difficultInk(crop.map(Float32Array, (level) => level / 255))
    : cleanInk(crop, edge);
  const scale = Math.fround(1 / Math.max(fullStrength(ink.data), LEAST));
  const scaled = ink.map(Float32Array, (level) => Math.min(1, Math.max(0, level * scale)));
  return isDifficult ? withoutNoise(scaled) : scaled;
}

// On clean paper, as most crops are, there is little to do.
function cleanInk(crop, edge) {
  const paper = Math.fround(mean(edge));
  const [darkest, lightest] = extremes(crop.data);
  const sign = Math.fround((lightest - paper >= paper - darkest ? 1 : -1) / 255);
  return crop.map(Float32Array, (level) => Math.fround(level - paper) * sign);
}

// The strength of a full stroke, which 2% of the pixels exceed.
function fullStrength(levels) {
  const strongest = extremes(levels)[1];
  const nearly = Math.fround(0.98) * strongest;
  const many = levels.filter((level) => level > nearly).length;
  return many > 0.02 * levels.length ? strongest : nearestQuantile(levels, 0.98);
}

// How much lighter, or darker, than the paper: paper is uneven, or ink reaches the border.
function difficultInk(crop) {
  let levels = withoutBands(crop);
  const light = above(levels, middleOf(levels));
  if (0.6 * mean(borderOf(light)) + 0.4 * mean(light.data) > 0.5) {
    levels = levels.map(Float32Array, (level) => 1 - level);
  }
  const middle = middleOf(levels);
  const below = borderOf(levels).filter((level) => level <= middle);
  const paper = sum(below) / Math.max(below.length, 1);
  const squares = sum(below.map((level) => (level - paper) ** 2));
  if (Math.sqrt(squares / Math.max(below.length, 1)) > UNEVEN) {
    const surface = paperOf(levels);
    levels = levels.map(Float32Array, (level, place) => level - surface[place]);
  }
  const quarter = nearestQuantile(levels.data, 0.25);
  return levels.map(Float32Array, (level) => level - quarter);
}

// Half way between the darkest and the lightest.
function middleOf({ data }) {
  return (nearestQuantile(data, 0.02) + nearestQuantile(data, 0.98)) / 2;
}

// A crop with a band of the other polarity along both sides, all in one polarity.
function withoutBands(crop) {
  const { height, width } = crop;
  if (Math.min(height, width) < LEAST_LINED) return crop;
  const columns = above(crop, middleOf(crop)).transposed();
  const [light, dark] = [[], []];
  for (let column = 0; column < width; column += 1) {
    const line = columns.data.subarray(column * height, (column + 1) * height);
    const ends = [line[0], line[1], line.at(-2), line.at(-1)];
    const share = mean(line);
    light.push(ends.every(Boolean) && share > 0.5);
    dark.push(!ends.some(Boolean) && share < 0.5);
  }
  const inside = insideBands(light, dark) ?? insideBands(dark, light);
  if (!inside) return crop;
  const isFlipped = (place) => !inside(place % width);
  return crop.map(Float32Array, (level, place) => (isFlipped(place) ? 1 - level : level));
}

// Whether a column lies between two bands; null where there are none with a clear middle.
function insideBands(band, rest) {
  const width = band.length;
  // From either side inward: how many columns the band is wide.
  const left = Math.max(0, band.indexOf(false));
  const last = band.lastIndexOf(false);
  const right = last < 0 ? 0 : width - 1 - last;
  if (Math.min(left, right) < Math.max(2, Math.trunc(width / 10))) return null;
  const inside = (column) => column >= left && column < width - right;
  // The middle is of the other polarity where no ink reaches the ends.
  const across = width - left - right;
  const clear = rest.filter((is, column) => is && inside(column)).length;
  return clear >= 0.6 * Math.max(across, 1) && across >= 0.3 * width ? inside : null;
}

// A quadratic surface under the ink: robust least squares, lighter pixels left out.
function paperOf(crop) {
  const values = Float64Array.from(crop.data);
  const terms = termsOf(crop, 2);
  let surface = new Float64Array(values.length).fill(quantile(values, 0.4));
  for (let round = 0; round < 6; round += 1) {
    const away = difference(values, surface);
    const scale = Math.max(1.5 * median(away.map(Math.abs)), 0.01);
    const weights = weightsFor(away, scale).map((weight, k) =>
      away[k] < 0 ? Math.max(weight, 0.2) : weight,
    );
    surface = surfaceOf(terms, leastSquares(terms, values, weights, 1e-6));
  }
  return surface;
}

// A crop strewn with specks, each pixel the median of those around.
function withoutNoise(ink) {
  if (Math.min(ink.height, ink.width) < 20) return ink; // strokes may be one pixel wide
  const marked = ink.map(Float32Array, (level) => Number(level > 0.5));
  const around = boxMean(marked, 3).data;
  const specks = marked.data.filter((is, place) => is && 9 * around[place] < 1.5);
  return specks.length > SPECKS * ink.data.length ? medianOfNine(ink) : ink;
}

// The value nearest to a share of all.
const nearestQuantile = (levels, share) => levels.slice().sort()[rint(share * (levels.length - 1))];
