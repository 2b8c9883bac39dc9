// Levels of a picture: grey, parted by a threshold, as Python's images/levels.py does.

import { Plane, argmax, chosen, extremes, mean, not, sum } from "./arrays.js";

export const COARSE = 160; // pixels, long side of the reduced picture that is looked at

// Lightness in [0, 1], or darkness. Loops over all of a picture's pixels call no function for each,
// which would take longer than all else.
export function levelsOf({ height, width, data }, inverted) {
  const levels = new Float32Array(data.length);
  for (let place = 0; place < data.length; place += 1) {
    const level = data[place] / 255;
    levels[place] = inverted ? 1 - level : level;
  }
  return new Plane(height, width, levels);
}

// Lightness in [0, 1] by ITU-R 601-2 luma.
export function grey([red, green, blue]) {
  if (!green) return levelsOf(red, false);
  const levels = new Float32Array(red.data.length);
  for (let place = 0; place < levels.length; place += 1) {
    const [r, g, b] = [red.data[place], green.data[place], blue.data[place]];
    levels[place] = (0.299 * r + 0.587 * g + 0.114 * b) / 255;
  }
  return new Plane(red.height, red.width, levels);
}

// The outermost pixels.
export function border({ height, width, data }) {
  const values = [...data.subarray(0, width), ...data.subarray((height - 1) * width)];
  for (let row = 1; row < height - 1; row += 1)
    values.push(data[row * width], data[(row + 1) * width - 1]);
  return values;
}

// Otsu's threshold of values in [0, 1] ('A Threshold Selection Method', 1979).
export function otsu(values) {
  const counts = new Float64Array(128);
  for (const value of values) {
    if (value >= 0 && value <= 1) counts[Math.min(127, Math.trunc(value * 128))] += 1;
  }
  const levels = Float64Array.from(counts, (_, bin) => (bin + 0.5) / 128);
  const all = sum(counts);
  const total = sum(counts.map((count, bin) => count * levels[bin]));
  let [weight, part] = [0, 0];
  const between = counts.map((count, bin) => {
    weight += count;
    part += count * levels[bin];
    return ((total * weight) / all - part) ** 2 / (weight * (all - weight));
  });
  const best = extremes(between.filter(Number.isFinite))[1];
  if (!(best > 0)) return levels[argmax(counts)];
  // Of the first equally good ones in a row, as between two far levels, the one in the middle.
  const isTie = (value) => value >= best * 0.999;
  const first = between.findIndex(isTie);
  let last = first;
  while (isTie(between[last + 1])) last += 1;
  return (Math.ceil((first + last) / 2) + 1) / 128;
}

// Whether two levels far apart, with little between them, make up a picture: at most such a share.
export function hasTwoLevels(small, light, most = 0.12) {
  const lights = sum(light.data);
  if (lights === 0 || lights === light.data.length) return false;
  const low = mean(chosen(small.data, not(light).data));
  const high = mean(chosen(small.data, light.data));
  const third = (high - low) / 3;
  const between = small.data.filter((value) => value > low + third && value < high - third);
  return high - low > 0.4 && between.length / small.data.length < most;
}
