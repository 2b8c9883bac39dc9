// Highlighters: wide strips of ink in one channel, where another shows what is written beneath, as
// Python's images/highlights.py finds them.

import { Plane, above, and } from "./arrays.js";
import { dilated, eroded } from "./filters.js";
import { regions } from "./regions.js";
import { factorFor, reduceTo } from "./resize.js";

const LONGEST = 320; // pixels, long side of the reduced picture that strips are looked for in
const INK = 0.12; // of white: stronger is ink
const WIDE = 60; // strips are wider than the long side by so many, on either side of their middle
// Of a strip, the share that is written on: a thick stroke of colour is ink in another channel
// nearly everywhere or nowhere.
const LEAST = 0.02;
const MOST = 0.5;
const LARGEST = 0.3; // of a picture: what is larger is a thing, and no strip

// The strength of ink in each channel, 0 where a highlighter is most of it.
export function withoutHighlights(strengths) {
  if (strengths.length === 1) return strengths;
  const inks = strengths.map((strength) => above(reduceTo(strength, LONGEST), INK));
  const factor = factorFor(strengths[0], LONGEST);
  return strengths.map((strength, channel) => {
    const strips = stripsOf(inks[channel], inks);
    return strips ? outside(strength, dilated(strips, 2), factor) : strength;
  });
}

function stripsOf(own, inks) {
  const reach = Math.max(2, Math.trunc(Math.max(own.height, own.width) / WIDE));
  const found = regions(dilated(eroded(own, reach), reach + 2));
  const areas = countsOf(found, own);
  const both = inks.map((ink) => countsOf(found, and(own, ink)));
  const isStrip = Array.from(areas, (area, label) => {
    const share = Math.min(...both.map((counts) => counts[label])) / Math.max(area, 1);
    return label > 0 && share > LEAST && share < MOST && area < LARGEST * own.data.length;
  });
  if (!isStrip.includes(true)) return null;
  return found.labels.map(Uint8Array, (label) => Number(isStrip[label]));
}

// How many marked pixels each region has.
function countsOf({ labels, count }, { data }) {
  const counts = new Float64Array(count + 1);
  labels.data.forEach((label, place) => {
    counts[label] += data[place];
  });
  return counts;
}

function outside({ height, width, data }, strips, factor) {
  const kept = data.slice();
  for (let row = 0; row < height; row += 1) {
    const start = Math.trunc(row / factor) * strips.width;
    for (let column = 0; column < width; column += 1) {
      if (strips.data[start + Math.trunc(column / factor)]) kept[row * width + column] = 0;
    }
  }
  return new Plane(height, width, kept);
}
