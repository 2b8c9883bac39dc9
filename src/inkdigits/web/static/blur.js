// A page that is out of focus, or was moved while it was taken, made sharper as a whole, as Python's
// images/blur.py does: what blurred it is guessed, a lens or a straight movement along the direction
// in which the page changes least, and taken back (Richardson, 1972; Lucy, 1974).

import { Plane, rint, sum } from "./arrays.js";
import { boxMean, quantile } from "./filters.js";
import { grey } from "./levels.js";
import { FIT } from "./normalize.js";
import { enlarge, largestOfBlocks, reduceBy } from "./resize.js";
import { closed } from "./shadows.js";

const SOFT = 45; // levels of 255 by which pixels side by side differ, by steps' weighted mean
const DIRECTIONS = 8; // in which that is measured
const LOW = 12; // pixels that marks are high at least, when blur is taken back
const HIGH = 24; // and about
const LONGEST = 800; // pixels, long side of a page then
const OUT_OF_FOCUS = 0.08; // of marks' height, a lens's standard deviation
const MOVED = [0.25, 0.35]; // of marks' height, how far a page moved
const ROUNDS = 20;
const FLOOR = 0.005; // of full ink, that is added on both sides of a quotient
const MOST = 2; // of what is full ink on the blurred page
const FULL = 0.999; // of its pixels, that have no more than that
const CALM = 0.04; // of marks' height, standard deviation: grain has no direction
const REACH = 2; // heights of a mark, that what is darker and as wide is no ink

// Whether a page's ink has no sharp edge across some direction, its marks so many pixels high.
export function isSoft({ strength, full, marked }, height) {
  const size = Math.max(1, rint(height / FIT));
  const share = strength.map(Float32Array, (value, place) =>
    Math.min(1.5, Math.max(0, value / Math.max(full.data[place], 1e-3))),
  );
  const inked = largestOfBlocks(marked, size).data;
  const scale = (255 * height) / size / FIT;
  const squares = new Float64Array(DIRECTIONS);
  const totals = new Float64Array(DIRECTIONS);
  const angles = Array.from(squares, (_, part) => (Math.PI * part) / DIRECTIONS);
  const ways = angles.map((angle) => [scale * Math.cos(angle), scale * Math.sin(angle)]);
  forChanges(reduceBy(share, size), (across, down, ...corners) => {
    if (!corners.some((place) => inked[place])) return;
    ways.forEach(([right, below], part) => {
      const step = Math.abs(across * right + down * below);
      squares[part] += step * step;
      totals[part] += step;
    });
  });
  return squares.some((square, part) => square < SOFT * totals[part]);
}

// A picture of one or three `channels` with one guess after the other taken back, planes of bytes,
// dark ink on white paper; none where its marks, so many pixels high, are too small beside it.
export function* sharper(channels, height, lightOnDark) {
  const level = grey(channels);
  const longest = Math.max(level.height, level.width);
  const size = Math.max(1, Math.trunc(height / HIGH), Math.ceil(longest / LONGEST));
  const high = height / size;
  if (high < LOW) return;
  const ink = inkOf(lightOnDark ? level.map(Float32Array, (value) => 1 - value) : level, size, high);
  const angle = leastChange(spread(ink, lens(CALM * high)));
  const moved = MOVED.map((share) => line(share * high, angle));
  for (const kernel of [lens(OUT_OF_FOCUS * high), ...moved]) {
    const large = enlarge(restored(ink, kernel), level.height, level.width, size);
    yield large.map(Uint8Array, (value) => 255 * (1 - Math.min(1, Math.max(0, value))));
  }
}

// How much darker a reduced picture is than its paper, 1 where ink is full.
function inkOf(level, size, high) {
  const small = reduceBy(level, size);
  const reach = rint(REACH * high);
  const paper = boxMean(closed(boxMean(small, 3), reach), reach | 1).data;
  const ink = small.map(Float32Array, (value, place) => Math.max(0, paper[place] - value));
  const full = Math.max(quantile(ink.data, FULL), 1e-3);
  return ink.map(Float32Array, (value) => value / full);
}

// Ink as if a symmetric kernel had not blurred it.
function restored(ink, kernel) {
  let found = ink;
  for (let round = 0; round < ROUNDS; round += 1) {
    const soft = spread(found, kernel).data;
    const ratio = ink.map(Float32Array, (value, place) => (value + FLOOR) / (soft[place] + FLOOR));
    const change = spread(ratio, kernel).data;
    found = found.map(Float32Array, (value, place) => Math.min(MOST, value * change[place]));
  }
  return found;
}

// The direction in which ink changes least, in radians from right to down, by the structure tensor
// (Bigun and Granlund, 1987) of the whole.
function leastChange(ink) {
  let [across2, down2, both] = [0, 0, 0];
  forChanges(ink, (across, down) => {
    across2 += across * across;
    down2 += down * down;
    both += 2 * across * down;
  });
  return (Math.atan2(both, across2 - down2) + Math.PI) / 2;
}

// Calls `take` with how much a plane changes to the right and down amid four pixels each, and with
// their places.
function forChanges({ height, width, data }, take) {
  for (let row = 1; row < height; row += 1) {
    for (let here = row * width + 1; here < (row + 1) * width; here += 1) {
      const [left, over, before] = [here - 1, here - width, here - width - 1];
      const across = (data[here] - data[left] + data[over] - data[before]) / 2;
      const down = (data[here] - data[over] + data[left] - data[before]) / 2;
      take(across, down, here, left, over, before);
    }
  }
}

// A plane blurred by lists of taps, [down, right, weight], one list after the other; its edges go on.
function spread(plane, kernel) {
  const { height, width } = plane;
  for (const taps of kernel) {
    const reach = Math.max(...taps.map(([down, right]) => Math.max(Math.abs(down), Math.abs(right))));
    const around = plane.padded(reach);
    plane = new Plane(height, width, new Float32Array(height * width));
    for (const [down, right, weight] of taps) addTo(plane, around, reach + down, reach + right, weight);
  }
  return plane;
}

function addTo({ height, width, data }, around, top, left, weight) {
  const share = Math.fround(weight);
  for (let row = 0; row < height; row += 1) {
    const from = (top + row) * around.width + left;
    const to = row * width;
    for (let column = 0; column < width; column += 1)
      data[to + column] += share * around.data[from + column];
  }
}

// A normal distribution along one axis after the other.
function lens(sigma) {
  const reach = Math.ceil(3 * sigma);
  const places = Array.from({ length: 2 * reach + 1 }, (_, place) => place - reach);
  const weights = places.map((at) => Math.exp((-at * at) / (2 * sigma * sigma)));
  const total = sum(weights);
  return [
    places.map((at, place) => [at, 0, weights[place] / total]),
    places.map((at, place) => [0, at, weights[place] / total]),
  ];
}

// Points at equal distances on a line, each shared among the four pixels around it.
function line(length, angle) {
  const count = Math.max(2, Math.ceil(2 * length));
  const taps = new Map();
  for (let place = 0; place < count; place += 1) {
    const along = ((place + 0.5) / count - 0.5) * length;
    const [y, x] = [along * Math.sin(angle), along * Math.cos(angle)];
    for (const down of [Math.floor(y), Math.floor(y) + 1]) {
      for (const right of [Math.floor(x), Math.floor(x) + 1]) {
        const share = ((1 - Math.abs(y - down)) * (1 - Math.abs(x - right))) / count;
        const name = `${down},${right}`;
        taps.set(name, [down, right, (taps.get(name)?.[2] ?? 0) + share]);
      }
    }
  }
  return [[...taps.values()]];
}
