// A light sheet on something darker, such as a table, as Python's images/sheet.py finds it.

import { above, and, argmax, chosen, mean, not, or, rint, sum } from "./arrays.js";
import { dilated, eroded, gaussian, largest, median, quantile } from "./filters.js";
import { COARSE, border, levelsOf, otsu } from "./levels.js";
import { darkPattern, liesOnPattern } from "./patterns.js";
import { compactness, filled, hull, regions } from "./regions.js";
import { enlarge, factorFor, reduceTo } from "./resize.js";
import { NARROW, THICKEST, closed, shadeOf } from "./shadows.js";

const SMALLEST_SHEET = 0.03; // of a picture, that a sheet on a table covers
const SMALLEST_ON_PATTERN = 0.15; // the same, on a cloth with a pattern
const SMALLEST_BOARD = 0.55; // the same, of a dark board in its frame
const EDGE_OF_SHEET = 0.2; // of white, between a sheet and what it lies on
const COMPACT = 0.93; // as large as a rectangle of its spread, that a sheet is at least
const WRITTEN = 0.003; // of a sheet that is writing, at least
const APART = 0.15; // of white, that small writing differs from what is around it, at least
const FAINT = 0.1; // of the light, that writing in a shadow takes away, at least
const ALIKE = 0.6; // of what it takes away in the light
const AS_MUCH = 0.1; // of the lit part's writing, that a shaded part has at least
const STRAIGHT = 0.95; // of its convex hull, that a shadow covers which has one straight edge
const GRAIN = 4; // standard deviations of grain, that it differs, too
const LONGEST = 3; // times as long as broad, that what has no larger writing on it may be: no bar
const SOLID = 0.9; // of its convex hull, that a sheet and the writing within it cover
const CLEAN = 0.985; // the same, where nothing else hangs on to it
const PATTERNED = 0.1; // of what is around a sheet, that is light as well
const FEWEST_MARKS = 3; // on a sheet whose writing is filled in; a white digit has two holes at most
const REACHES = [80, 50, 30, 20, 14]; // parts of the picture's longer side, which it is opened by
const HOLES = 0.2; // of a sheet, that is not light, at most
const STRONGEST = 0.999; // of a lit part, that takes away less light than its writing does most
const LEAST = 0.001; // of a shaded part, that is such writing
const BESIDE = 1 / 16; // of the picture's longer side, from the edge of what may be a shadow
const FULL = 0.8; // of a light shape's pixels, that are no lighter than what counts as full strength
const SAMPLED = 100_000; // pixels that tell whether there is writing
const EDGE = 2; // pixels of the reduced picture, in which sheet and table may be mixed; more if it curls

// Where a dark board has something lighter around it, such as a frame; null as for sheets. It is
// most of the picture, since what is around it is not read.
export function findBoard(small, level) {
  const inverted = small.map(Float32Array, (value) => 1 - value);
  const planes = { lights: inverted, light: above(inverted, otsu(inverted.data)), small, level };
  return insideOf(onPlain(planes, SMALLEST_BOARD), level);
}

// Where a light sheet lies on something darker, such as a table; null where there is none. A sheet
// is a large, compact, light shape whose holes, the writing on it, are small. Writing at its edge
// takes a bite out of the shape, and so its convex hull is what counts. What it lies on may have a
// pattern of light and dark. It is looked for in the picture's levels and these reduced.
export function findSheet(small, level) {
  const light = above(small, otsu(small.data));
  const planes = { lights: small, light, small, level };
  const whole = onPlain(planes, SMALLEST_SHEET);
  const isPlain = whole && mean(chosen(light.data, not(whole).data)) <= PATTERNED;
  return insideOf(isPlain ? whole : (sheetOnPattern(planes) ?? whole), level);
}

// A sheet without its edge, at the size of the picture.
function insideOf(whole, picture) {
  const inside = whole && eroded(whole, EDGE);
  // In a tiny picture all may be edge.
  return inside?.data.includes(1) ? enlargedMask(inside, picture) : null;
}

// A sheet beside something darker, of the reduced picture of which it covers a `smallest` share at
// least. `lights` is that picture or, where what is looked for is dark, the same with its levels
// inverted.
function onPlain(planes, smallest) {
  const find = mean(border(planes.light)) > 0.4 ? sheetBesideTable : sheetOnTable;
  return find(planes, smallest);
}

// A sheet that leaves the picture, but on a side or two, where something darker is seen.
function sheetBesideTable(planes, smallest) {
  const { lights, light } = planes;
  const table = shadeOf(not(light));
  // Near the picture's border, where its edge may slant, it ends early.
  const every = table.map(Uint8Array, () => 1);
  const atBorder = not(eroded(every, rint(THICKEST * Math.min(table.height, table.width))));
  const whole = not(or(table, and(and(dilated(table, 2 * EDGE), atBorder), not(light))));
  if (!whole.data.includes(0) || mean(whole.data) < smallest) return null;
  if (mean(chosen(light.data, whole.data)) < 1 - HOLES) return null;
  if (sum(whole.data) < STRAIGHT * sum(hull(whole).data)) return null;
  const isSheet = hasEdge(lights, whole) && !isHalfShaded(planes, whole);
  return isSheet && isDarkerWritten(lights, whole) ? whole : null;
}

// A sheet that lies within the picture.
function sheetOnTable(planes, smallest) {
  // Opened, so that glints on the table do not hang on to the sheet; that takes off its corners, and
  // so the more solid shape is the sheet's.
  const { height, width } = planes.light;
  const furthest = Math.max(2, Math.trunc(Math.max(height, width) / 50));
  // What is written near the edge may part that from the rest, and so holes are filled first; but only
  // where there is no sheet otherwise, since the holes of what else is light are filled, too.
  const withoutHoles = filled(planes.light);
  const marks = regions(and(withoutHoles, not(planes.light))).count;
  for (const mask of marks >= FEWEST_MARKS ? [planes.light, withoutHoles] : [planes.light]) {
    const [least, most] = [1, furthest].map((reach) => {
      const found = sheetOf(planes, mask, reach, smallest);
      return found.solidity && hasEdge(planes.lights, found.whole) ? found : { solidity: 0 };
    });
    const { solidity, whole } = most.solidity > least.solidity ? most : least;
    if (solidity) return whole;
  }
  return null;
}

// A sheet within the picture, on what is light and dark by turns, such as a checked cloth.
function sheetOnPattern(planes) {
  const { light, small } = planes;
  const dark = darkPattern(light);
  if (!dark) return null;
  let best = { solidity: 0, whole: null };
  // Opened further and further, until nothing light of the pattern hangs on to the sheet.
  for (const part of REACHES) {
    const reach = Math.max(1, Math.trunc(Math.max(light.height, light.width) / part));
    const found = sheetOf(planes, not(dark), reach, SMALLEST_ON_PATTERN);
    if (found.solidity > best.solidity && liesOnPattern(small, dark, found.whole)) best = found;
    if (best.solidity > CLEAN) break;
  }
  return best.whole;
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

// A sheet's place, if any, and how much of its hull it covers; 0 where there is none. `mask` is what
// it is a part of; what hangs on to it and is no broader than twice the reach is not its own.
function sheetOf({ lights, light, small, level }, mask, reach, smallest) {
  const found = regions(dilated(eroded(mask, reach), reach));
  if (!found.count) return { solidity: 0 };
  const place = argmax(found.areas);
  const high = found.bottoms[place] - found.tops[place];
  const wide = found.rights[place] - found.lefts[place];
  // As most are, and so is the hull.
  if (high * wide < smallest * light.data.length) return { solidity: 0 };
  const shape = found.labels.map(Uint8Array, (label) => Number(label === place + 1));
  const whole = hull(shape);
  const holes = 1 - mean(chosen(light.data, whole.data));
  const isLarge = mean(whole.data) >= smallest;
  const isWritten = () => {
    if (holes > WRITTEN) return true;
    const inside = eroded(whole, EDGE);
    if (!inside.data.includes(1) || isBar(inside)) return false;
    return writtenOn(level, small, inside, APART) > WRITTEN;
  };
  const isSheet = isLarge && holes < HOLES && compactness(whole) > COMPACT && isWritten();
  const solidity = isSheet ? sum(filled(shape).data) / sum(whole.data) : 0;
  const isSeparate = solidity >= SOLID && !isHalfShaded({ lights, small, level }, whole);
  return { solidity: isSeparate ? solidity : 0, whole };
}

// Whether a sheet has an edge; where light only fades there is none.
function hasEdge(lights, sheet) {
  const within = and(sheet, not(eroded(sheet, 3)));
  const beyond = and(dilated(sheet, 3), not(sheet));
  const [inner, outer] = [within, beyond].map((part) => mean(chosen(lights.data, part.data)));
  return inner - outer >= EDGE_OF_SHEET;
}

// Whether it is the lit half of a sheet that is written on beyond the edge of a shadow, too.
function isHalfShaded({ lights, small, level }, lit) {
  const [inside, shaded] = [eroded(lit, EDGE), eroded(not(lit), EDGE)];
  if (!inside.data.includes(1) || !shaded.data.includes(1)) return false;
  if (sum(shaded.data) < STRAIGHT * sum(hull(shaded).data)) return false;
  // Where hardly anything is written in a shadow, it stands by the shadow's edge.
  const beside = and(shaded, dilated(lit, rint(Math.max(lit.height, lit.width) * BESIDE)));
  const parts = [shaded, beside].filter((part) => part.data.includes(1));
  // Strokes are seen in the reduced picture, or, small ones, in the picture beside that.
  const paper = closed(lights, NARROW).data;
  const taken = lights.data.map((value, place) => 1 - value / Math.max(paper[place], 0.02));
  const measures = [
    (part) => chosen(taken, part.data),
    (part) => takenOf(level, small, part, lights !== small),
  ];
  for (const measure of measures) {
    const inLight = measure(inside);
    const least = Math.max(FAINT, ALIKE * quantile(inLight, STRONGEST));
    const writing = (values) => mean(values.map((value) => Number(value > least)));
    const usual = writing(inLight);
    const most = Math.max(...parts.map((part) => writing(measure(part))));
    if (most > Math.max(LEAST, AS_MUCH * usual)) return true;
    if (usual > WRITTEN) return false;
  }
  return true;
}

// Whether what is written on a part of the picture is darker than its paper, not lighter.
function isDarkerWritten(lights, part) {
  const sigma = Math.max(lights.height, lights.width) / 16;
  const own = lights.map(Float32Array, (value, place) => value * part.data[place]);
  const weights = gaussian(part.map(Float32Array, (value) => value), sigma).data;
  const means = gaussian(own, sigma).data;
  const within = not(dilated(not(part), EDGE));
  const rough = lights.data.map(
    (value, place) => (value - means[place] / Math.max(weights[place], 1e-6)) ** 3,
  );
  return sum(chosen(rough, within.data)) < 0;
}

function isBar(mask) {
  const { tops, bottoms, lefts, rights } = regions(mask);
  const sides = [
    Math.max(...bottoms) - Math.min(...tops),
    Math.max(...rights) - Math.min(...lefts),
  ];
  return Math.max(...sides) > LONGEST * Math.min(...sides);
}

// The share of a part of the picture that is marks, be they too small for the reduced one; `least`, of
// white, is how much they differ from what is around them at least.
function writtenOn(level, small, mask, least) {
  const { pixels, means } = sampledOf(level, small, mask);
  const apart = pixels.map((value, place) => Math.abs(value - means[place]));
  const most = Math.max(least, GRAIN * 1.4826 * median(apart));
  return mean(apart.map((value) => Number(value > most)));
}

// What share of the light pixels of a part of the picture lack, beside those around them.
function takenOf(level, small, mask, isInverted) {
  const { pixels, means } = sampledOf(level, small, mask);
  const light = (value) => (isInverted ? 1 - value : value);
  return pixels.map((value, place) => 1 - light(value) / Math.max(light(means[place]), 0.02));
}

// Some pixels of a part of the picture, and the means of the blocks that they are in.
function sampledOf(level, small, mask) {
  const factor = factorFor(level, COARSE);
  const { data } = enlargedMask(mask, level);
  const within = [];
  for (let place = 0; place < data.length; place += 1) if (data[place]) within.push(place);
  const step = Math.max(1, Math.trunc(within.length / SAMPLED));
  const sampled = within.filter((_, number) => number % step === 0);
  const means = Float32Array.from(sampled, (place) => {
    const row = Math.trunc(Math.trunc(place / level.width) / factor);
    const column = Math.trunc((place % level.width) / factor);
    return small.data[row * small.width + column];
  });
  return { pixels: Float32Array.from(sampled, (place) => level.data[place]), means };
}

// All that hangs together with a light sheet as if it were ink in [0, 1]: its shape. A thick digit in
// white is light and compact, too, with holes or a bend where writing could be. `small` are the
// picture's levels reduced, `sheet` is as found in the picture.
export function asMark(small, level, sheet) {
  const light = above(small, otsu(small.data));
  const factor = factorFor(sheet, COARSE);
  const { labels, count } = regions(light);
  const shares = new Int32Array(count + 1);
  labels.data.forEach((label, place) => {
    const [row, column] = [Math.trunc(place / small.width), place % small.width];
    shares[label] += sheet.data[factor * (row * sheet.width + column)];
  });
  const number = argmax(shares.subarray(1)) + 1;
  const around = dilated(labels.map(Uint8Array, (label) => Number(label === number))); // grey edges
  const { tops, lefts, bottoms, rights } = regions(around);
  const place = [
    ...[tops, lefts].map(([edge]) => factor * edge),
    Math.min(factor * bottoms[0], level.height),
    Math.min(factor * rights[0], level.width),
  ];
  const within = level.cut(...place);
  const own = enlargedMask(around, level).cut(...place);
  const dark = mean(chosen(small.data, not(light).data));
  const full = Math.max(quantile(chosen(within.data, own.data), FULL) - dark, 1e-6);
  return within.map(Float32Array, (value, at) =>
    own.data[at] ? Math.min(1, Math.max(0, (value - dark) / full)) : 0,
  );
}

// A channel with the paper of the sheet going on all around it, as light as at its edge.
export function onlyOn(sheet, channel) {
  const { height, width } = channel;
  const factor = factorFor(sheet, COARSE);
  const small = reduceTo(levelsOf(channel, false), COARSE);
  const inside = small.map(Uint8Array, (_, place) => {
    const [row, column] = [Math.trunc(place / small.width), place % small.width];
    return sheet.data[factor * (row * width + column)];
  });
  const paper = enlarge(goingOn(small, inside), height, width, factor).data;
  return channel.map(Uint8Array, (value, place) =>
    sheet.data[place] ? value : rint(255 * Math.min(1, Math.max(0, paper[place]))),
  );
}

// The paper of a sheet in a reduced picture, each row from its edge on as there, and so the rows beyond.
function goingOn(small, inside) {
  const { width } = small;
  const own = small.map(Float32Array, (level, place) => (inside.data[place] ? level : 0));
  const paper = largest(own, 2 * NARROW + 1).data;
  const { tops, lefts, bottoms, rights } = regions(inside);
  const ends = [];
  for (let row = tops[0]; row < bottoms[0]; row += 1) {
    let [first, last] = [lefts[0], rights[0] - 1];
    while (!inside.data[row * width + first]) first += 1;
    while (!inside.data[row * width + last]) last -= 1;
    ends[row] = [first, last];
  }
  // The outermost rows may be corners, or short.
  const margin = Math.min(NARROW, Math.trunc((bottoms[0] - tops[0] - 1) / 2));
  const [uppermost, lowest] = [tops[0] + margin, bottoms[0] - 1 - margin];
  return small.map(Float32Array, (_, place) => {
    const row = Math.min(lowest, Math.max(uppermost, Math.trunc(place / width)));
    const [first, last] = ends[row];
    return paper[row * width + Math.min(last, Math.max(first, place % width))];
  });
}
