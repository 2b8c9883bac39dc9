// How far lines of text fall on a page that lies askew, by the boxes of what is written, as Python's
// images/slopes.py tells.

import { mean } from "./arrays.js";
import { median } from "./filters.js";

export const tangent = (degrees) => Math.tan((degrees * Math.PI) / 180);
export const LEVEL = tangent(3); // of a line of text that needs no straightening
const STEEPEST = tangent(30); // of one that is still told from a column
const LINKS = 5; // neighbours that must agree about a slope
const AGREED = 0.12; // the spread of their slopes, half of them
// The same, of the slope: the steeper lines are, the more digits' heights blur it.
const AGREED_SHARE = 0.6;
const NEAR_MIDDLE = 8; // degrees around their median that are looked at
const FINER = 1.15; // times as sharp as at their median, where they agree, that rows at another must be
const SHARPER = 1.5; // times as sharp as level rows', where they do not
const NEAR = 3; // heights to a neighbour in a line
// Where neighbours do not tell:
const MOST = 30; // boxes
const TILT = 20; // degrees, that such rows fall or rise at most
const FITTED = tangent(25); // the same, as digits that stand unevenly make it
const LEAST = 2; // boxes in each row, as one is in a row of any slope
const LEAST_LEVEL = 3; // the same, where neighbours make lines seem level
const SPREAD = 0.65; // heights, of the middles of what stands in one row
const OFF = 0.4; // heights, from a middle to the straight line through those of its row
const EVEN = 0.18; // the same, for each pair beyond the first, of rows fitted steeper than the tilt
const FAR = 5; // heights to the next one in a row

// How far lines of text fall, in pixels a pixel to the right; 0 where they do not, clearly: the
// median direction from each box to its nearest neighbour beside it, where most agree; else the
// direction near it along which the boxes stand in the fewest rows, by far. Where boxes are few or
// far apart, the direction along which they stand in fewer rows than level.
export function textSlope(boxes, height) {
  const slopes = boxes
    .map((box) => neighbour(box, boxes, height))
    .filter((slope) => slope !== null);
  if (slopes.length < LINKS) return ofFewestRows(boxes, height);
  slopes.sort((one, other) => one - other);
  const quarter = Math.trunc(slopes.length / 4);
  const middle = median(slopes);
  const isLevel = Math.abs(middle) <= LEVEL;
  const spread = slopes.at(-1 - quarter) - slopes[quarter];
  if (spread <= Math.max(AGREED, AGREED_SHARE * Math.abs(middle)))
    return isLevel ? 0 : sharpest(boxes, height, middle, middle, FINER);
  if (isLevel) return ofFewestRows(boxes, height, LEAST_LEVEL);
  return sharpest(boxes, height, middle, 0, SHARPER) || ofFewestRows(boxes, height);
}

// The slope within some degrees of `near` that rows are sharpest at; `otherwise` where that is not so
// many `times` as sharp as at this one.
function sharpest(boxes, height, near, otherwise, times) {
  let [best, slope] = [0, 0];
  for (let turn = -NEAR_MIDDLE; turn <= NEAR_MIDDLE; turn += 1) {
    const turned = Math.tan(Math.atan(near) + (turn * Math.PI) / 180);
    const found = sharpness(boxes, height, turned);
    if (found > best) [best, slope] = [found, turned];
  }
  return best >= times * sharpness(boxes, height, otherwise) ? slope : otherwise;
}

// How unevenly boxes are spread over rows of such a slope, half a digit high: squares added. Rows
// begin at every quarter of a digit, so that it does not matter where one begins.
function sharpness(boxes, height, slope) {
  const across = boxes.map((box) => downThePage(box, slope));
  const first = Math.min(...across);
  const counts = [];
  for (const place of across) {
    const quarter = Math.trunc(((place - first) * 4) / height);
    for (const row of [quarter, quarter + 1]) counts[row] = (counts[row] ?? 0) + 1;
  }
  return counts.reduce((squares, count) => squares + count ** 2, 0);
}

// How far down the page a box stands, once it is turned level.
const downThePage = ({ row, column }, slope) => (row - slope * column) / Math.hypot(1, slope);

// The slope from a box to the nearest one to the right; null where there is none near.
function neighbour(box, boxes, height) {
  let [nearest, found] = [NEAR * height, null];
  for (const other of boxes) {
    const across = other.column - box.column;
    if (across <= 0 || across >= nearest) continue; // as most of a full page are
    const down = other.row - box.row;
    const distance = Math.hypot(across, down);
    if (Math.abs(down) <= STEEPEST * across && distance < nearest) {
      [nearest, found] = [distance, down / across];
    }
  }
  return found;
}

// The slope of the fewest straight rows that hold all boxes, each `least` of them, if level ones are
// more.
function ofFewestRows(boxes, height, least = LEAST) {
  if (boxes.length < 2 || boxes.length > MOST) return 0;
  const level = rowsOf(boxes, 0, height).length;
  if (level === 1) return 0;
  let best = { count: level, off: 0, slope: 0 };
  for (let degrees = -TILT; degrees <= TILT; degrees += 1) {
    const rows = rowsOf(boxes, tangent(degrees), height);
    const count = rows.length;
    if (count > best.count || count === level) continue;
    if (rows.some((row) => row.length < least)) continue;
    if (rows.some((row) => widestGap(row) > FAR * height)) continue;
    const { slope, off } = fitted(rows);
    const isEven = off < EVEN * height * (boxes.length - count - 1);
    if (Math.abs(slope) > (isEven ? FITTED : tangent(TILT)) || off > OFF * height) continue;
    const isStraighter = off < best.off || (off === best.off && slope < best.slope);
    if (count < best.count || isStraighter) best = { count, off, slope };
  }
  return Math.abs(best.slope) > LEVEL ? best.slope : 0;
}

// Boxes in the fewest rows of a slope, from the top one on.
function rowsOf(boxes, slope, height) {
  const places = boxes.map((box) => ({ box, down: downThePage(box, slope) }));
  places.sort((one, other) => one.down - other.down);
  const rows = [];
  let last = -Infinity; // down to where the row goes
  for (const { box, down } of places) {
    if (down > last) {
      rows.push([]);
      last = down + SPREAD * height;
    }
    rows.at(-1).push(box);
  }
  return rows;
}

// Pixels from one middle to the next, at most.
function widestGap(row) {
  const columns = row.map(({ column }) => column).sort((one, other) => one - other);
  return Math.max(0, ...columns.slice(1).map((column, place) => column - columns[place]));
}

// The slope that fits all rows best, by least squares of one slope and an offset for each row; how
// many pixels a middle is `off` it at most; and the root of all squared distances along the rows
// from their middles, their `spread`.
export function fitted(rows) {
  const own = rows.flatMap((row) => {
    const [down, along] = ["row", "column"].map((axis) => mean(row.map((box) => box[axis])));
    return row.map((box) => [box.row - down, box.column - along]);
  });
  let [both, squares] = [0, 0];
  for (const [down, along] of own) {
    both += down * along;
    squares += along * along;
  }
  const slope = both / Math.max(squares, 1e-6);
  const off = Math.max(...own.map(([down, along]) => Math.abs(down - slope * along)));
  return { slope, off, spread: Math.sqrt(squares) };
}
