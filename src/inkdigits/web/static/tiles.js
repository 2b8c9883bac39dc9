// Light digits on dark tiles, such as the wheels of a counter: tiles become paper, digits ink, as
// Python's images/tiles.py makes them.

import { above, mean, not, rint } from "./arrays.js";
import { median } from "./filters.js";
import { grey, otsu } from "./levels.js";
import { regions } from "./regions.js";
import { factorFor, reduceTo, sampledPlane } from "./resize.js";

const LONGEST = 400; // pixels, long side of the reduced picture that tiles are looked for in
const LOWEST = 12; // pixels of that, a tile's height at least
const [NARROWEST, WIDEST] = [0.35, 1.8]; // of its height
const DARK = 0.5; // of a tile at least
const WRITTEN = 0.03; // of a tile, that is light within it at least
const RIM = 0.06; // of its shorter side, inside of which its sides are looked at
const SIDE = 0.6; // of each side, that is dark
const ROWS_SIDE = 0.85; // the same, of half of a row's tiles; a bold 8 has less
const ALIKE = 0.2; // of a neighbour's height, by which tiles beside each other differ at most
const GAP = 0.6; // of a tile's width, between neighbours at most

// One or three planes of bytes, in which dark tiles side by side are paper, and what is light on
// them dark. One tile alone may be anything, and stays.
export function withoutTiles(channels) {
  const [{ height, width }] = channels;
  const step = Math.max(1, Math.trunc(Math.max(height, width) / (2 * LONGEST)));
  const level = grey(channels.map((channel) => sampledPlane(channel, step)));
  const small = reduceTo(level, LONGEST);
  const dark = not(above(small, otsu(small.data)));
  const found = tilesOf(dark);
  const tiles = found.filter(
    (one) => found.some((other) => areNeighbours(one, other)) && leastInRow(one, found) >= ROWS_SIDE,
  );
  if (!tiles.length) return channels;
  const size = step * factorFor(level, LONGEST);
  return channels.map((channel) => {
    const painted = channel.copy();
    for (const tile of tiles) paint(painted, tile, size, dark);
    return painted;
  });
}

// Dark boxes in the reduced picture, with something light in them.
function tilesOf(dark) {
  const { count, areas, tops, lefts, bottoms, rights } = regions(dark);
  const tiles = [];
  for (let place = 0; place < count; place += 1) {
    const [top, left, bottom, right] = [tops, lefts, bottoms, rights].map((edge) => edge[place]);
    const tile = { top, left, bottom, right, height: bottom - top, width: right - left };
    tile.rim = Math.max(1, rint(RIM * Math.min(tile.height, tile.width)));
    const isLikely =
      tile.height >= LOWEST &&
      tile.width >= NARROWEST * tile.height &&
      tile.width <= WIDEST * tile.height &&
      areas[place] >= DARK * tile.height * tile.width;
    if (!isLikely) continue;
    const inner = innerOf(dark, tile);
    tile.least = leastSide(inner);
    if (tile.least >= SIDE && 1 - mean(inner.data) >= WRITTEN) tiles.push(tile);
  }
  return tiles;
}

// What of the reduced picture a tile's sides enclose, with them.
function innerOf(dark, { top, left, bottom, right, rim }) {
  return dark.cut(top + rim, left + rim, bottom - rim, right - rim);
}

// How much of the lightest of its four sides is dark.
function leastSide(inner) {
  return Math.min(...[...ends(inner), ...ends(inner.transposed())].map(mean));
}

// The first and the last row.
const ends = ({ width, data }) => [data.subarray(0, width), data.subarray(data.length - width)];

// How much of its lightest side a tile has dark, as a rule, in the row of this one.
function leastInRow(one, found) {
  return median(
    Float64Array.from(
      found.filter((other) => areLevel(one, other)),
      ({ least }) => least,
    ),
  );
}

// Whether two tiles are of one height and stand in one row.
function areLevel(one, other) {
  const apart = Math.abs(one.top + one.bottom - other.top - other.bottom);
  const allowed = ALIKE * one.height;
  return Math.abs(one.height - other.height) <= allowed && apart <= 2 * allowed;
}

// Whether two tiles stand side by side and are alike.
function areNeighbours(one, other) {
  if (one === other || !areLevel(one, other)) return false;
  const gap = Math.max(one.left, other.left) - Math.min(one.right, other.right);
  return gap >= 0 && gap <= GAP * one.width;
}

// Make a tile of the level around it, and what is lighter on it so much darker.
function paint(painted, tile, size, dark) {
  const paper = levelAround(painted, tile, size, dark);
  const inner = boxOf(painted, tile, -tile.rim, size);
  const outer = boxOf(painted, tile, 1, size);
  const own = median(painted.cut(...inner).sampled(size));
  const turned = painted
    .cut(...inner)
    .map(Uint8Array, (value) => Math.trunc(Math.min(255, Math.max(0, paper + own - value))));
  const [top, left, bottom, right] = outer; // with the blur of its edges
  for (let row = top; row < bottom; row += 1) {
    painted.data.fill(paper, row * painted.width + left, row * painted.width + right);
  }
  for (let row = 0; row < turned.height; row += 1) {
    const line = turned.data.subarray(row * turned.width, (row + 1) * turned.width);
    painted.data.set(line, (inner[0] + row) * painted.width + inner[1]);
  }
}

// First row and column and those after the last, of a box so much larger on every side.
function boxOf({ height, width }, { top, left, bottom, right }, by, size) {
  return [
    Math.max(0, (top - by) * size),
    Math.max(0, (left - by) * size),
    Math.min(height, (bottom + by) * size),
    Math.min(width, (right + by) * size),
  ];
}

// The median of what is light around a tile.
function levelAround(painted, tile, size, dark) {
  const [top, left, bottom, right] = boxOf(dark, tile, 3 * tile.rim, 1);
  const values = [];
  for (let row = top; row < bottom && row * size < painted.height; row += 1) {
    for (let column = left; column < right && column * size < painted.width; column += 1) {
      if (!dark.data[row * dark.width + column])
        values.push(painted.data[row * size * painted.width + column * size]);
    }
  }
  return values.length ? median(Float64Array.from(values)) : 255;
}
