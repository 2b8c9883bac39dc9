// Lines that somebody drew, followed through the ink as Python's images/drawnboxes.py does.

import { Plane } from "./arrays.js";
import { nearest } from "./boxes.js";
import { cheapestWay } from "./seams.js";

const INK = 1; // what a pixel of a side costs
const AGAIN = 12; // if it is another's already
const PAPER = 50;
const GAPS = 0.1; // of an upright side, that may be paper
const OWN = 0.4; // of it, that is no other's at least, and no thicker than the others
export const MOST = 4; // sides that hang together
const BENT = 0.1; // of its length, that a side is off the line from end to end at most
const STEEP = 0.4; // of its length, that a side leans at most
export const CELL = 0.55; // of the height, that boxes are wide at least: there is one row of them
// Less will do next to another side, at a piece's ends and where a side is missed:
const MORE_GAPS = 0.25; // as GAPS
const UPRIGHT = 0.15; // as STEEP, since so may a digit's stroke look
const BROAD = 2; // times as thick as others: it is two boxes'

// The ways through the ink of a piece from its top to its bottom, the column in each row, and whether
// each surely is a side; else it may be one.
export function waysDown(own, half) {
  const { height, width } = own;
  const turned = own.transposed();
  const cost = own.map(Float64Array, (is) => (is ? INK : PAPER));
  const hasInk = (row) => cost.data.subarray(row * width, (row + 1) * width).includes(INK);
  const rows = Array.from({ length: height }, (_, row) => row);
  const straight = Math.max(2, BENT * height);
  const ways = [];
  for (let left = MOST * (1 + Math.trunc(width / (CELL * height))); left; left -= 1) {
    if (rows.filter(hasInk).length / height < OWN) break;
    const way = Float64Array.from(cheapestWay(cost));
    const costs = Array.from(way, (column, row) => cost.data[row * width + column]);
    const fresh = costs.filter((each) => each === INK).length;
    const share = costs.filter((each) => each === PAPER).length / height;
    const lean = Math.abs(way[0] - way.at(-1)) / height;
    if (share > MORE_GAPS || lean > STEEP || fresh < OWN * height) break;
    // The rest may be another's, up to where they part.
    if (bendOf(way.subarray(costs.indexOf(INK), costs.lastIndexOf(INK) + 1)) > straight) break;
    const thin = centre(turned, way, half);
    const line = thin ?? centre(turned, way, BROAD * half);
    if (!line) break;
    own.data.forEach((is, at) => {
      const row = Math.trunc(at / width);
      if (is && Math.abs((at % width) - line[row]) <= half) cost.data[at] = AGAIN;
    });
    const isSide = thin !== null && share <= GAPS && bendOf(way) <= straight;
    if (isSide || lean <= UPRIGHT) ways.push({ line, isSide });
  }
  return ways;
}

// Pixels that a way is off the line from end to end at most.
function bendOf(way) {
  const step = (way.at(-1) - way[0]) / Math.max(1, way.length - 1);
  return Math.max(...way.map((column, row) => Math.abs(column - way[0] - step * row)));
}

// The middle of the ink next to a line, that is off it by at most `reach` pixels; null where most of it
// is thicker than that.
export function centre(own, line, reach) {
  const { height, width } = own;
  const far = Math.ceil(reach);
  const firsts = Array.from(line, (row) => nearest(row) - far);
  const band = new Plane(width, 2 * far + 1, new Uint8Array(width * (2 * far + 1)));
  firsts.forEach((first, column) => {
    for (let place = 0; place <= 2 * far; place += 1) {
      const row = first + place;
      if (row >= 0 && row < height && own.data[row * width + column])
        band.data[column * band.width + place] = 1;
    }
  });
  const way = cheapestWay(band.map(Float64Array, (is) => (is ? INK : PAPER)));
  const known = [];
  way.forEach((place, column) => {
    const isInk = (at) => band.data[column * band.width + at] === 1;
    if (!isInk(place)) return;
    // From the ink's first row there to its last.
    let [first, last] = [place, place];
    while (first > 0 && place - first < far && isInk(first - 1)) first -= 1;
    while (last < 2 * far && last - place < far && isInk(last + 1)) last += 1;
    if (last - first < 2 * reach)
      known.push({ column, row: firsts[column] + (first + last) / 2 });
  });
  return known.length / width < OWN ? null : interpolated(known, width);
}

// The row at each column, in proportion between those that are known.
function interpolated(known, width) {
  let next = 0;
  return Float64Array.from({ length: width }, (_, column) => {
    while (next < known.length && known[next].column < column) next += 1;
    const [before, after] = [known[next - 1], known[next]];
    if (!before || !after) return (before ?? after).row;
    const slope = (after.row - before.row) / (after.column - before.column);
    return before.row + slope * (column - before.column);
  });
}
