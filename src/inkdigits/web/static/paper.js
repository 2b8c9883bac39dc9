// The paper under the ink, estimated twice, as Python's images/ink.py does. First a smooth surface
// through what most of the picture is, which takes out gradients of light; then, at a finer scale,
// the paper under the ink is filled in from the paper around it, which takes out shadows.

import { Plane, above, and, chosen, leastSquares, mean, not, rint, sum } from "./arrays.js";
import { dilated, gaussian, median, quantile } from "./filters.js";
import { COARSE, hasTwoLevels, otsu } from "./levels.js";
import { enlarge, factorFor, reduceTo } from "./resize.js";
import { asLightChanges, giveEdges, inNarrowShadows, shadeOf, withoutStrokes } from "./shadows.js";
import { difference, surfaceOf, termsOf, weightsFor } from "./surface.js";

const SAMPLED = 2_000; // pixels that a surface is fitted through
const DENSE = 0.15; // of a picture that is ink, above which it is told by its level

// How much darker each pixel is than the paper around it, as a share of full white.
export function againstPaper(level, lightOnDark) {
  const small = reduceTo(level, COARSE);
  const [paper, reach] = inNarrowShadows(small, paperOf(small));
  const { height, width, data } = level;
  const full = enlarge(paper, height, width, factorFor(level, COARSE));
  // What is lighter with an edge, on something dark, is a thing and no light on it.
  if (!lightOnDark) giveEdges(full, paper, level, reach);
  for (let place = 0; place < data.length; place += 1) full.data[place] -= data[place];
  return full;
}

function paperOf(small) {
  const surface = smoothSurface(small, denseInk(small));
  let residual = minus(surface, small);
  let ink = above(residual, Math.max(4 * noiseOf(residual), 0.04));
  const size = Math.max(small.height, small.width);
  const shade = shadeOf(ink);
  let paper = surface;
  if (shade.data.includes(1)) {
    const level = median(chosen(small.data, shade.data));
    paper = surface.map(Float32Array, (value, place) => (shade.data[place] ? level : value));
  }
  for (const sigma of [size / 8, size / 20]) {
    const marks = dilated(and(ink, not(shade)), Math.max(1, Math.trunc(size / 80)));
    for (const side of [shade, not(shade)]) {
      const known = and(not(marks), side);
      if (!known.data.includes(1)) continue;
      const means = filledIn(small, known, sigma, paper);
      paper = paper.map(Float32Array, (value, place) =>
        side.data[place] ? means.data[place] : value,
      );
    }
    residual = minus(paper, small);
    const rest = chosen(residual.data, not(ink).data);
    ink = above(residual, Math.max(4 * spread(rest.length ? rest : residual.data), 0.04));
  }
  const bare = withoutStrokes(small);
  return asLightChanges(
    small,
    paper.map(Float32Array, (value, place) => Math.min(value, bare.data[place])),
  );
}

const minus = (one, other) => one.map(Float32Array, (value, place) => value - other.data[place]);

// What is ink without doubt where there is so much of it that paper is hardly the rule.
function denseInk(small) {
  const light = above(small, otsu(small.data));
  const dark = not(light);
  const isDense = mean(dark.data) >= DENSE && hasTwoLevels(small, light);
  return isDense && !shadeOf(dark).data.includes(1) ? dark : dark.map(Uint8Array, () => 0);
}

// A cubic surface through most of the picture, what is darker left out step by step.
function smoothSurface(small, without) {
  const { height, width, data } = small;
  const degree = Math.min(height, width) >= 16 ? 3 : 2;
  // Some of the pixels say enough.
  const step = Math.max(1, rint(Math.sqrt(data.length / SAMPLED)));
  let values = Float64Array.from(small.sampled(step));
  let terms = termsOf(small, degree, step);
  const left = not(without).sampled(step);
  if (2 * sum(left) > terms.length) {
    values = chosen(values, left);
    terms = terms.map((term) => chosen(term, left));
  }
  // Begin with what is lighter than the median, as paper is.
  let surface = new Float64Array(values.length).fill(quantile(values, 0.6));
  let shares = [];
  for (let round = 0; round < 8; round += 1) {
    const residual = difference(values, surface);
    const scale = Math.max(1.4826 * median(residual.map(Math.abs)), 0.01) * (round < 3 ? 3 : 2);
    const weights = weightsFor(residual, scale).map((weight, k) =>
      residual[k] < 0 ? weight : Math.max(weight, 0.1),
    );
    const few = round === 0 ? 1 : round === 1 ? 3 : terms.length;
    shares = leastSquares(terms.slice(0, few), values, weights, 1e-9 * values.length);
    surface = surfaceOf(terms, shares);
  }
  return new Plane(height, width, Float32Array.from(surfaceOf(termsOf(small, degree), shares)));
}

// Standard deviation of most values, by their median absolute deviation.
function spread(values) {
  const middle = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
}

// The standard deviation of paper, by the side of it where there is no ink.
export function noiseOf(against) {
  const step = (size) => Math.max(1, Math.trunc(size / 300));
  const sample = against.sampled(step(against.height), step(against.width));
  let count = 0;
  for (let place = 0; place < sample.length; place += 1) {
    if (sample[place] < 0) {
      sample[count] = -sample[place];
      count += 1;
    }
  }
  return count < 0.02 * sample.length ? 0 : 1.4826 * median(sample.subarray(0, count));
}

// Gaussian means of what is known; the fallback where nothing near is.
function filledIn(small, known, sigma, fallback) {
  const weight = gaussian(
    known.map(Float32Array, (value) => value),
    sigma,
    3,
  );
  const offset = small.map(Float32Array, (value, k) =>
    known.data[k] ? value - fallback.data[k] : 0,
  );
  const means = gaussian(offset, sigma, 3);
  return fallback.map(Float32Array, (value, k) => {
    const near = weight.data[k];
    return near > 1e-3 ? value + (means.data[k] / near) * Math.min(1, near * 20) : value;
  });
}
