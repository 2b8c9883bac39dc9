// The sides of boxes, which are shorter than rulings but go from one to another, as Python's
// images/ruled.py finds them.

import { argmax, leastSquares, mean, rint } from "./arrays.js";
import { quantile } from "./filters.js";
import { regions } from "./regions.js";
import { MOST_PIECES, middleOf, thinRuns } from "./ruled.js";
import { levelled } from "./slant.js";

const SHORTEST_SIDE = 16; // pixels of a box's side
const NEAR = 8; // pixels from a side's ends to rulings at most
const NEAR_SHARE = 0.1; // the same, as a share of a side
const BROADEST = 0.15; // of a side's length, that it is thick at most
const CROOKED = 1; // pixels that a side's middle lies off a straight line, on average, at most

// Sides of boxes along the rows: straight from one ruling of the columns to another, two at least
// between the same two rulings, since a box has two. `others` are rulings along the other axis. A
// side has the columns that it takes, from `left` to before `right`.
export function boxSides(marked, others) {
  if (others.length < 2) return [];
  const middles = others.map(middleOf).sort((one, other) => one - other);
  const apart = middles.slice(1).map((middle, k) => middle - middles[k]);
  const broadest = Math.max(3, BROADEST * quantile(apart, 0.9));
  const thin = levelled(marked, (level) => thinRuns(level, 0, broadest));
  if (thin === null) return [];
  const found = regions(thin);
  const long = [...found.rights.keys()]
    .filter((place) => found.rights[place] - found.lefts[place] >= SHORTEST_SIDE)
    .slice(0, MOST_PIECES);
  const between = new Map();
  for (const place of long) {
    const side = sideOf(marked, found, place, others);
    if (side) between.set(side.ends, [...(between.get(side.ends) ?? []), side]);
  }
  return [...between.values()].filter((sides) => sides.length > 1).flat();
}

function sideOf(marked, found, place, others) {
  const { height, width } = marked;
  const [top, bottom] = [found.tops[place], found.bottoms[place]];
  const [left, right] = [found.lefts[place], found.rights[place]];
  const near = Math.max(NEAR, NEAR_SHARE * (right - left));
  const ends = others.map(({ line }) => line[Math.trunc((top + bottom) / 2)]);
  const [atLeft, atRight] = [left, right - 1].map((end) =>
    argmax(ends.map((each) => -Math.abs(each - end))),
  );
  const [first, last] = [ends[atLeft], ends[atRight]];
  const isNear = Math.abs(first - left) <= near && Math.abs(last - right + 1) <= near;
  if (atLeft === atRight || !isNear) return null;
  const middles = [];
  for (let column = left; column < right; column += 1) {
    const rows = [];
    for (let row = top; row < bottom; row += 1) {
      if (found.labels.data[row * width + column] === place + 1) rows.push(row);
    }
    middles.push(mean(rows));
  }
  const [steps, ones] = [middles.map((_, k) => k), middles.map(() => 1)];
  const [slope, start] = leastSquares([steps, ones], middles, ones);
  if (mean(middles.map((middle, k) => Math.abs(start + slope * k - middle))) > CROOKED) return null;
  const line = new Float64Array(width).map((_, column) => start + slope * (column - left));
  // A 1 that nearly fills its box has paper between its ends and the rulings; the corners of a box
  // that slants are round.
  const end = Math.min(width, rint(Math.max(last, right))) - 1;
  for (let column = Math.max(0, rint(Math.min(first, left))) + 1; column < end; column += 1) {
    const isMarked = [-1, 0, 1].some((away) => {
      const row = Math.min(height - 1, Math.max(0, rint(line[column] + away)));
      return marked.data[row * width + column];
    });
    if (!isMarked) return null;
  }
  const length = right - left;
  return { line, length, isAcross: false, left, right, ends: `${atLeft} ${atRight}` };
}
