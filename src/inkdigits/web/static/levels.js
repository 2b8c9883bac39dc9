// Levels of a picture parted by a threshold, as Python's images/levels.py does.

import { argmax, extremes, sum } from "./arrays.js";

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
  // The middle of equally good thresholds, which lie between two far levels.
  const isTie = (value) => value >= best * 0.999;
  return (levels[between.findIndex(isTie)] + levels[between.findLastIndex(isTie)]) / 2 + 0.5 / 128;
}
