// Where a mark is cut in two: the way through it, from top to bottom, that meets the least ink, as
// Python's images/seams.py finds it.

import { rint, sum } from "./arrays.js";

const INK = 50; // what a pixel costs
const PAPER = 1;
const STRAIGHT = 5; // times that, a step down
const SLANTED = 7; // or to a side below
const NEVER = 2 ** 40;
const LEAST = 0.3; // of an equal share of the ink, that each part has at least

// For each cut the first column behind it, in each row of a mask. `middles` are the columns of the
// digits in it, left to right; halfway down, a cut passes between two of them.
export function seams(marked, middles) {
  const { height, width } = marked;
  const half = Math.floor(height / 2);
  const upper = cheapestWays(marked.cut(0, 0, half + 1, width));
  const lower = cheapestWays(marked.cut(half, 0, height, width).upsideDown());
  const [above, below] = [upper, lower].map(({ costs }) => costs.at(-1));
  const costs = above.map((cost, column) => cost + below[column]);
  const leftHere = leftOf(rowOf(marked, half));
  const all = Math.max(1, sum(marked.data));
  const shares = Float64Array.from(
    leftHere,
    (count, column) => (upper.left.at(-1)[column] + lower.left.at(-1)[column] - count) / all,
  );
  const least = LEAST / middles.length;
  let before = 0;
  return middles.slice(1).map((right, number) => {
    const low = before + least;
    const high = 1 - least * (middles.length - 1 - number);
    const place = placeOfCut(costs, shares, [middles[number], right], [low, high]);
    before = shares[place];
    return [...followed(upper, place).reverse(), ...followed(lower, place).slice(1)];
  });
}

// The column between two middles that a cut passes through: of those that leave a share of the ink
// to their left that is in a range, or nearly so, the cheapest, the nearest to the middle.
function placeOfCut(costs, shares, [left, right], [low, high]) {
  const width = costs.length;
  const first = Math.min(Math.max(0, rint(left) + 1), width - 1);
  const end = Math.max(first + 1, Math.min(width, rint(right)));
  const judged = Array.from({ length: end - first }, (_, k) => {
    const place = first + k;
    const beyond = Math.max(low - shares[place], shares[place] - high, 0);
    return { place, beyond, cost: costs[place], astray: Math.abs(place - (left + right) / 2) };
  });
  judged.sort(
    (one, other) =>
      one.beyond - other.beyond || one.cost - other.cost || one.astray - other.astray,
  );
  return judged[0].place;
}

// The cheapest ways from the first row to each pixel, row by row: their `costs`, how many pixels of
// the mark are to the `left` of each, and the column `before` that it comes from.
function cheapestWays(marked) {
  const { height, width } = marked;
  const rows = Array.from({ length: height }, (_, row) => rowOf(marked, row));
  const left = rows.map(leftOf);
  const before = rows.map(() => new Int32Array(width).map((_, column) => column));
  const costOf = (isMarked) => (isMarked ? INK : PAPER);
  const costs = rows.map((marks) => Float64Array.from(marks, costOf));
  costs[0] = costs[0].map((cost) => STRAIGHT * cost);
  for (let row = 1; row < height; row += 1) {
    const last = costs[row - 1];
    for (let column = 0; column < width; column += 1) {
      const cost = costs[row][column];
      let [least, from] = [last[column] + STRAIGHT * cost, column];
      for (const beside of [column - 1, column + 1]) {
        const total = (last[beside] ?? NEVER) + SLANTED * cost;
        if (total < least) [least, from] = [total, beside];
      }
      costs[row][column] = least;
      before[row][column] = from;
      left[row][column] += left[row - 1][from];
    }
  }
  return { costs, left, before };
}

const rowOf = ({ width, data }, row) => data.subarray(row * width, (row + 1) * width);

// How many pixels of the mark are to the left of each.
function leftOf(marks) {
  let total = 0;
  return Float64Array.from(marks, (isMarked) => {
    total += isMarked;
    return total - isMarked;
  });
}

// The columns of the way to a place of the last row, back to the first.
function followed({ before }, column) {
  const way = [column];
  for (let row = before.length - 1; row > 0; row -= 1) way.push(before[row][way.at(-1)]);
  return way;
}
