// What looks like a digit and is the edge of something, such as of a shadow or a sheet, as Python's
// recognition/edges.py tells it. Ink is darker than the paper on all of its sides.

import { chosen, not, sum } from "./arrays.js";
import { median, quantile } from "./filters.js";
import { levelsOf } from "./levels.js";
import { BARS_AND_RINGS } from "./marks.js";
import { closed } from "./shadows.js";
import { thicknessOf } from "./strokes.js";

const DEEP = 0.5; // of its contrast with the paper, that ink is darker than what is on all sides of it
const EVEN = 0.85; // of the same in the middle, that it is nearly everywhere, though paper is lighter yet
const EVERYWHERE = 0.75; // of its pixels
const FEW = 8; // digits on a page of which each is looked at; of more, bars and rings
const SIDES = 3; // of the picture, that a digit reaches where it is cut out close
const MORE = 2; // pixels, beyond the thickness of strokes, that is looked at on either side

// Lines without digits that are no ink; such as are nothing else are left out.
export function withoutEdges(lines, ink) {
  const few = sum(lines.map((line) => line.digits.length)) <= FEW;
  const mayBe = (digit) => few || BARS_AND_RINGS.includes(digit.value);
  return lines
    .map((line) => ({
      ...line,
      digits: line.digits.filter((digit) => !mayBe(digit) || !isEdge(digit, ink)),
    }))
    .filter((line) => line.digits.length);
}

// Whether a digit is no darker than what is on one of its sides, and so no stroke. Of digits that
// touch each other, or are cut out close, that cannot be told.
export function isEdge({ box, pieces, isCut }, ink) {
  if (isCut || pieces.some((piece) => piece.borders >= SIDES)) return false;
  const place = [box.top, box.left, box.bottom, box.right];
  const own = ink.marked.cut(...place);
  const strength = chosen(ink.strength.cut(...place).data, own.data);
  if (!strength.length) return false;
  const depth = new Float32Array(strength.length).fill(-Infinity);
  const reach = Math.ceil(thicknessOf(own)) + MORE;
  for (const plane of ink.planes) {
    depthOf(plane, own, box, reach, ink.lightOnDark).forEach((value, at) => {
      depth[at] = Math.max(depth[at], value);
    });
    if (sum(depth) >= DEEP * sum(strength)) return false; // in one colour is enough
  }
  const shares = depth.map((value, at) => value / Math.max(strength[at], 1e-6));
  return quantile(shares, 1 - EVERYWHERE) <= EVEN * median(shares);
}

// How much darker the pixels of a digit are, as a share of white, than both sides of a stroke. A
// morphological closing fills a stroke up to the darker side, and leaves an edge as it is.
function depthOf(plane, own, box, reach, lightOnDark) {
  const top = Math.max(0, box.top - 2 * reach);
  const left = Math.max(0, box.left - 2 * reach);
  const bottom = Math.min(plane.height, box.bottom + 2 * reach);
  const right = Math.min(plane.width, box.right + 2 * reach);
  const levels = levelsOf(plane.cut(top, left, bottom, right), lightOnDark);
  const filled = closed(levels, reach);
  const depth = levels.map(Float32Array, (value, at) => filled.data[at] - value);
  const [down, across] = [box.top - top, box.left - left];
  const within = depth.cut(down, across, down + own.height, across + own.width).data;
  const paper = chosen(within, not(own).data);
  const grain = paper.length ? median(paper) : 0; // what grain alone makes
  return chosen(within, own.data).map((value) => value - grain);
}
