// Where a mark may be cut in two: the ways through it, from top to bottom, that meet little ink, as
// Python's images/seams.py finds them.

import { rint } from "./arrays.js";

const INK = 50; // what a pixel costs
const PAPER = 1;
const STRAIGHT = 5; // times that, a step down
const SLANTED = 7; // or to a side below
const NEVER = 2 ** 40;
const MOST = 4; // cuts between two digits

// For every two digits side by side, at most `MOST` cuts between them that meet little ink: the first
// column behind it in each row of a mask. `middles` are the columns of the digits, left to right;
// halfway down, cuts pass between two of them, apart from each other.
export function seams(marked, middles) {
  const { height, width } = marked;
  const half = Math.floor(height / 2);
  const cost = marked.map(Float64Array, (isMarked) => (isMarked ? INK : PAPER));
  const upper = cheapestWays(cost.cut(0, 0, half + 1, width));
  const lower = cheapestWays(cost.cut(half, 0, height, width).upsideDown());
  const [above, below] = [upper, lower].map(({ costs }) => costs.at(-1));
  const costs = above.map((cost, column) => cost + below[column]);
  const whole = (place) => [
    ...followed(upper, place).reverse(),
    ...followed(lower, place).slice(1),
  ];
  return middles.slice(1).map((right, number) => {
    const first = Math.min(Math.max(0, rint(middles[number]) + 1), width - 1);
    const end = Math.max(first + 1, Math.min(width, rint(right)));
    const places = Array.from({ length: end - first }, (_, k) => first + k);
    return cheapest(places, costs).map(whole);
  });
}

// At most `MOST` of some columns, left to right, none near another.
function cheapest(places, costs) {
  const apart = Math.max(1, Math.trunc(places.length / MOST));
  const chosen = [];
  for (const place of places.toSorted((one, other) => costs[one] - costs[other])) {
    if (chosen.length === MOST) break;
    if (chosen.every((other) => Math.abs(place - other) >= apart)) chosen.push(place);
  }
  return chosen.sort((one, other) => one - other);
}

// The column in each row of the way from the first row to the last that costs least.
export function cheapestWay(cost) {
  const ways = cheapestWays(cost);
  const last = ways.costs.at(-1);
  return followed(ways, last.indexOf(Math.min(...last))).reverse();
}

// The cheapest ways from the first row to each pixel, through what costs so much at each, row by row:
// their `costs`, and the column `before` that each comes from.
function cheapestWays(cost) {
  const { height, width } = cost;
  const costs = Array.from({ length: height }, (_, row) => rowOf(cost, row).slice());
  const before = costs.map(() => new Int32Array(width).map((_, column) => column));
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
    }
  }
  return { costs, before };
}

const rowOf = ({ width, data }, row) => data.subarray(row * width, (row + 1) * width);

// The columns of the way to a place of the last row, back to the first.
function followed({ before }, column) {
  const way = [column];
  for (let row = before.length - 1; row > 0; row -= 1) way.push(before[row][way.at(-1)]);
  return way;
}
