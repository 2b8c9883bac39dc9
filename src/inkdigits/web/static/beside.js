// What is inked beside a line's digits and is none of them: dots, dashes, and whatever else, as
// Python's images/beside.py finds it.

import { rint, sum } from "./arrays.js";
import { Box, around } from "./components.js";
import { eroded, median } from "./filters.js";

// Shares of the digits' height:
const [UP, BEFORE, DOWN, AFTER] = [0.4, 1.5, 0.6, 0.8]; // around the digits
const DUST = 0.06; // longer side of a mark, at least
const LEAST = 3; // the same in pixels
const SMALL = 0.3; // longer side of a small mark
const NEAR = 0.04; // between a mark and a digit, at least: what broke off one is nearer
const FAINT = 0.45; // strength of a mark, of the digits', at least
const LONGER = 0.65; // sides of a mark, in widths of the digits' strokes, at least
const SHORTER = 0.4;

// The marks around the digits of a line, as dark as these and as broad as their strokes: each its
// `box` and in it a mask of its `own` pixels. None where there are more small ones than digits: each
// may be a speck. `pieces` are those that the digits are made of, `height` is a typical one's, `taken`
// the labels of what is no mark: of other lines' digits, and these.
export function marksBeside(page, pieces, height, taken) {
  const { regions, labels, strengths } = page;
  const whole = around(pieces.map(({ box }) => box));
  const faint = FAINT * median(pieces.map(({ strength }) => strength));
  const found = [];
  for (let place = 0; place < regions.count; place += 1) {
    const [top, left] = [regions.tops[place], regions.lefts[place]];
    const [bottom, right] = [regions.bottoms[place], regions.rights[place]];
    if (top < whole.top - UP * height || bottom > whole.bottom + DOWN * height) continue;
    if (left < whole.left - BEFORE * height || right > whole.right + AFTER * height) continue;
    const box = new Box(top, left, bottom, right);
    const isInk = strengths[place] >= faint && box.size >= Math.max(LEAST, DUST * height);
    if (isInk && !taken.has(place + 1)) found.push({ box, label: place + 1 });
  }
  if (found.filter(({ box }) => box.size < SMALL * height).length > pieces.length + 1) return [];
  const stroke = strokeOf(page, pieces);
  const reach = Math.max(1, rint(NEAR * height));
  const ours = new Set(pieces.map(({ label }) => label));
  return found
    .filter(({ box }) => box.size >= LONGER * stroke)
    .filter(({ box }) => Math.min(box.height, box.width) >= SHORTER * stroke)
    .map(({ box, label }) => ({ box, own: ownOf(labels, box, label) }))
    .filter(({ box, own }) => own.data.some(Boolean) && !touches(labels, box, reach, ours));
}

// A mask of the pixels in a box that have a label.
const ownOf = (labels, { top, left, bottom, right }, label) =>
  labels.cut(top, left, bottom, right).map(Uint8Array, (value) => Number(value === label));

// Whether ink of some labels is in a box or at most `reach` pixels from it.
function touches(labels, box, reach, ours) {
  const nearby = labels.cut(
    Math.max(0, box.top - reach),
    Math.max(0, box.left - reach),
    Math.min(labels.height, box.bottom + reach),
    Math.min(labels.width, box.right + reach),
  );
  return nearby.data.some((label) => ours.has(label));
}

// The width of the pieces' strokes, in pixels: twice their ink for all that is at its edge.
function strokeOf({ labels }, pieces) {
  let [area, inner] = [0, 0];
  for (const { box, label } of pieces) {
    const own = ownOf(labels, box, label);
    area += sum(own.data);
    inner += sum(eroded(own).data);
  }
  return (2 * area) / Math.max(1, area - inner);
}
