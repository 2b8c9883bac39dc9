// Highlighters: wide strips of ink in one channel, where another shows what is written beneath, as
// Python's images/highlights.py finds them.

import { Plane, above } from "./arrays.js";
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
const DARKER = 0.8; // of the strip's mean strength, that something written has somewhere at least
const LARGEST = 0.3; // of a picture: what is larger is a thing, and no strip

// The strength of ink in each channel, 0 where a highlighter is most of it.
export function withoutHighlights(strengths) {
  if (strengths.length === 1) return strengths;
  const small = strengths.map((strength) => reduceTo(strength, LONGEST));
  const factor = factorFor(strengths[0], LONGEST);
  return strengths.map((strength, channel) => {
    const strips = stripsOf(small[channel], small);
    return strips ? outside(strength, dilated(strips, 2), factor) : strength;
  });
}

// Where a channel's ink is a highlighter's; null where it is nowhere.
function stripsOf(own, channels) {
  const ink = above(own, INK);
  const reach = Math.max(2, Math.trunc(Math.max(own.height, own.width) / WIDE));
  const { labels, count } = regions(dilated(eroded(ink, reach), reach + 2));
  const places = Array.from({ length: count + 1 }, () => []);
  labels.data.forEach((label, place) => {
    if (ink.data[place]) places[label].push(place);
  });
  const isStrip = places.map(
    (strip, label) =>
      label > 0 &&
      strip.length > 0 &&
      strip.length < LARGEST * own.data.length &&
      channels.some((channel) => isBeneath(channel, own, strip)),
  );
  return isStrip.includes(true) ? labels.map(Uint8Array, (label) => Number(isStrip[label])) : null;
}

// Whether one channel shows what is written beneath a strip, in the strength of another.
function isBeneath(channel, own, strip) {
  let [share, strongest, total] = [0, 0, 0];
  for (const place of strip) {
    const written = channel.data[place];
    if (written > INK) share += 1 / strip.length;
    strongest = Math.max(strongest, written);
    total += own.data[place];
  }
  return share > LEAST && share < MOST && strongest > (DARKER * total) / strip.length;
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
