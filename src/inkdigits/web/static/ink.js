// A picture becomes ink: how dark (or light) each pixel is against the paper around it, as
// Python's images/ink.py does.

import { Plane, above, and, extremes, mean, not, or } from "./arrays.js";
import { barCodes } from "./barcodes.js";
import { withoutBoxes } from "./boxes.js";
import { withoutDrawnBoxes } from "./drawnboxes.js";
import { boxMean, largest, median, quantile } from "./filters.js";
import { withoutHighlights } from "./highlights.js";
import { COARSE, grey, levelsOf } from "./levels.js";
import { againstPaper, noiseOf } from "./paper.js";
import { polarity } from "./polarity.js";
import { regions } from "./regions.js";
import { enlarge, largestOfBlocks, reduceTo } from "./resize.js";
import { withoutRulings } from "./rulings.js";
import { asMark, findBoard, findSheet, onlyOn } from "./sheet.js";

const CORE = 0.4; // shares of a full stroke's strength
const FAINT = 0.2;
const RULED = 0.03; // of a picture that is faint ink, where there may be a grid
const COLOURLESS = 8; // levels of 255 by which channels differ in a picture without colours
// How strong grain is, at least, to be averaged, and then once more: standard deviation of paper,
// of the strongest ink; that of pixels from those around, of white; and pixels of the picture's
// longer side, since in a small one strokes would be blurred.
const AVERAGED = [
  { noise: 0.05, rough: 0.01, side: 200 },
  { noise: 0.12, rough: 0.006, side: 400 },
];

// What is written: planes of the `strength` of ink, of that of a `full` stroke nearby, and of what
// is `marked` as ink; whether ink is lighter than paper; the picture's `planes` of bytes in which it
// was looked for; and whether the side of paper that it is on is in doubt.
export class Ink {
  constructor(strength, full, marked, lightOnDark, planes, isDoubtful = false) {
    Object.assign(this, { strength, full, marked, lightOnDark, planes, isDoubtful });
  }

  // The same of which something else is marked.
  with(marked) {
    return new Ink(this.strength, this.full, marked, this.lightOnDark, this.planes);
  }

  // The same ink after so many quarter turns counterclockwise.
  turned(quarters) {
    const turned = (plane) => plane.turned(quarters);
    const maps = [this.strength, this.full, this.marked].map(turned);
    return new Ink(...maps, this.lightOnDark, this.planes.map(turned), this.isDoubtful);
  }
}

// The ink in a picture of one or three channels, planes of bytes. `isDigit` tells whether ink is one;
// asked of the shape of what may be a sheet. `lightOnDark`: whether ink is lighter than paper, and no
// sheet or board is looked for; null: as it seems.
export function findInk(channels, isDigit, lightOnDark = null) {
  const [{ height, width }] = channels;
  const level = grey(channels);
  const small = reduceTo(level, COARSE);
  let [page, isDoubtful] = [null, false];
  if (lightOnDark === null) {
    [page, lightOnDark] = [findSheet(small, level), false];
    if (page !== null && isDigit(asMark(small, level, page))) page = null;
    if (page === null) [page, lightOnDark] = [findBoard(small, level), true];
    if (page === null) ({ lightOnDark, isDoubtful } = polarity(small));
  }
  const pixels = page ? channels.map((channel) => onlyOn(page, channel)) : channels;
  const planes = tellingChannels(pixels);
  let strengths = planes.map((plane) => againstPaper(levelsOf(plane, lightOnDark), lightOnDark));
  let { strength, noise } = strongestOf(strengths);
  for (const least of AVERAGED) {
    if (!hasGrain(strengths, strength, noise, least)) break;
    // The mean of nine pixels has a third of their grain, where each has its own.
    strengths = strengths.map((against) => boxMean(against, 3));
    ({ strength, noise } = strongestOf(strengths));
  }
  const full = fullStrength(strength);
  const marked = markedInk(strength, full, noise);
  return new Ink(strength, full, marked, lightOnDark, planes, isDoubtful);
}

// The channels in which ink may stand out; one where they tell the same.
function tellingChannels(channels) {
  if (channels.length === 1) return channels;
  const [red, green, blue] = channels.map((channel) => channel.sampled(4));
  for (const one of [red, blue]) {
    const apart = Int16Array.from(one, (value, place) => value - green[place]);
    if (quantile(apart, 0.999) - quantile(apart, 0.001) > COLOURLESS) return channels;
  }
  return [channels[1]];
}

// The strength of ink, the largest of its channels', and the standard deviation of paper.
function strongestOf(strengths) {
  const [{ height, width }] = strengths;
  const strength = new Plane(height, width, new Float32Array(height * width));
  // Coloured ink stands out most in one of the channels: yellow in blue, say.
  for (const against of withoutHighlights(strengths)) keepLarger(strength.data, against.data);
  const ofPaper = Math.max(1e-4, ...strengths.map((against) => noiseOf(against) / 2));
  // The grain of real paper is not normal: its strong side is rougher than the other.
  return { strength, noise: Math.max(ofPaper, 1.4826 * median(strength.sampled(3))) };
}

// Whether grain is so strong, beside ink, that it would hide thin strokes.
function hasGrain(strengths, strength, noise, least) {
  if (Math.max(strength.height, strength.width) < least.side) return false;
  const strongest = quantile(strength.sampled(3), 0.999);
  return noise >= least.noise * strongest && roughnessOf(strengths) >= least.rough;
}

function keepLarger(values, others) {
  for (let place = 0; place < values.length; place += 1) {
    const [one, other] = [values[place], others[place]];
    values[place] = (one + other + Math.abs(one - other)) / 2; // the larger
  }
}

// The strength of a full stroke around each pixel: the largest near it, smoothly.
function fullStrength(strength) {
  const longest = Math.max(strength.height, strength.width);
  const calm = longest > 300 ? boxMean(strength, 3) : strength;
  const factor = Math.max(1, Math.trunc(longest / 200));
  const blocks = largestOfBlocks(calm, factor);
  const reach = Math.max(3, Math.trunc(Math.max(blocks.height, blocks.width) / 12));
  const near = boxMean(largest(blocks, 2 * reach + 1), reach + 1 - (reach % 2));
  return enlarge(near, strength.height, strength.width, factor);
}

// Ink by two thresholds: all that is above the lower one and hangs together with a stroke's core,
// which is above the upper one (Canny, 'A Computational Approach to Edge Detection', 1986).
function markedInk(strength, full, noise) {
  const strongest = Math.max(quantile(strength.sampled(3), 0.999), extremes(full.data)[1] / 2);
  const least = Math.max(5 * noise, 0.15 * strongest, 0.03);
  const core = stronger(strength, full, CORE, least);
  const faintest = Math.max(4 * noise, 0.08 * strongest, 0.02);
  const every = above(strength, faintest);
  const strong = above(strength, CORE * strongest);
  const lined = stronger(strength, full, FAINT, faintest);
  let faint = and(withoutRulings(lined), withoutDrawnBoxes(lined, withoutBoxes(lined)));
  // Rulings fainter than writing are broken off near it, where stubs of them would be left.
  if (mean(and(every, not(strong)).data) > RULED)
    faint = and(faint, or(withoutRulings(every), strong));
  const found = regions(faint);
  const isBar = barCodes(found);
  return found.mask(found.sums(core).map((inked, place) => (isBar[place] ? 0 : inked)));
}

// Where ink is stronger than a share of a full stroke's, and than a least strength.
function stronger({ height, width, data }, full, share, least) {
  const mask = new Uint8Array(data.length);
  for (let place = 0; place < data.length; place += 1) {
    const value = data[place];
    mask[place] = Number(value > share * full.data[place]) & Number(value > least);
  }
  return new Plane(height, width, mask);
}

// The standard deviation of pixels from the mean of those around, in the noisiest channel.
function roughnessOf(strengths) {
  const grains = strengths.map((against) => {
    const smooth = boxMean(against, 3).sampled(3);
    const apart = against.sampled(3).map((value, place) => Math.abs(value - smooth[place]));
    return 1.4826 * median(apart);
  });
  return Math.max(...grains);
}
