// Bar codes, whose bars would be read as ones, as Python's images/barcodes.py finds them.

import { mean } from "./arrays.js";
import { Box } from "./components.js";
import { median } from "./filters.js";
import { runs } from "./runs.js";

const FEWEST = 12; // bars of a code
const MOST = 10_000; // regions of a picture that may be bars; more are texture
const SLIM = 0.4; // of a bar's height, its width at most
const SOLID = 0.65; // share of its box that several have at least which merged
const WIDE = 1.5; // of their height, the width of such
const APART = 1.25; // of its height, from its middle to the next's; bars between may have merged
const TOPS = 0.05; // of its height, by which the next may begin elsewhere
const BOTTOMS = 0.2; // the same: end elsewhere
const TILT = 0.12; // of the way to the next, by which that may begin higher or lower, too
const EVEN = 0.03; // of its height, how far from between its neighbours' tops
const AT_LEAST = 1.5; // pixels, the same
const IN_LINE = 0.8; // share of the bars that begin so near there, at least
const CUT = 0.2; // of its height, by which bars that were cut may begin elsewhere at a code's ends
const NEAR = 0.4; // the same, from one's middle to such a bar's, at most
const BROADER = 1.8; // times the slimmest bar, the broadest at least; a tally's are alike
const LOWEST = 16; // pixels of a bar's height

// Which regions of ink are bars of bar codes, standing or lying, or are among those: a number for
// each, 1 where it is. Neighbours' tops are in line, as no hand would write a dozen ones; some bars
// reach further down.
export function barCodes({ tops, lefts, bottoms, rights, areas, count }) {
  const standing = Array.from({ length: count }, (_, place) => {
    const box = new Box(tops[place], lefts[place], bottoms[place], rights[place]);
    return { box, area: areas[place], place };
  });
  const lying = standing.map(({ box, ...rest }) => ({ box: transposed(box), ...rest }));
  const among = new Uint8Array(count);
  for (const place of [...amongBars(standing), ...amongBars(lying)]) among[place] = 1;
  return among;
}

// Rows and columns changed over.
const transposed = ({ top, left, bottom, right }) => new Box(left, top, right, bottom);

// The places of regions that lie in a code whose bars stand.
function amongBars(regions) {
  const likely = regions.filter(({ box, area }) => mayBeBar(box, area));
  if (likely.length < FEWEST || likely.length > MOST) return [];
  likely.sort((one, other) => one.box.column - other.box.column);
  return runs(likely, isNear, isInLine).flatMap((core) => {
    if (core.length < FEWEST || !areBars(core)) return [];
    const bars = withEnds(likely, core);
    const top = Math.min(...bars.map(({ box }) => box.top));
    const bottom = median(bars.map(({ box }) => box.bottom));
    const [left, right] = [bars[0].box.left, bars.at(-1).box.right];
    const inside = regions.filter(
      ({ box }) => box.row > top && box.row < bottom && box.left >= left && box.right <= right,
    );
    return [...inside, ...bars].map(({ place }) => place);
  });
}

// Whether a region is slim, or as solid as bars that merged.
function mayBeBar({ height, width }, area) {
  if (height < LOWEST) return false;
  return width <= SLIM * height || (area >= SOLID * height * width && width <= WIDE * height);
}

// Whether regions, left to right, are as unlike in breadth and as much in line as bars.
function areBars(bars) {
  const widths = bars.map(({ box, area }) => area / box.height); // whatever its tilt
  if (Math.max(...widths) < BROADER * Math.min(...widths)) return false;
  const inLine = bars.slice(1, -1).map(({ box }, place) => {
    const [before, after] = [bars[place].box, bars[place + 2].box];
    const share = (box.column - before.column) / Math.max(after.column - before.column, 1);
    const between = before.top + share * (after.top - before.top);
    return Number(Math.abs(box.top - between) <= Math.max(EVEN * box.height, AT_LEAST));
  });
  return mean(inLine) >= IN_LINE;
}

// A code's bars, left to right, with those on either side that hardly begin where it does.
function withEnds(likely, core) {
  const [first, last] = [core[0], core.at(-1)];
  const before = beyond(likely.slice(0, likely.indexOf(first)).reverse(), first);
  return [...before.reverse(), ...core, ...beyond(likely.slice(likely.indexOf(last) + 1), last)];
}

function beyond(regions, last) {
  const found = [];
  for (const region of regions) {
    if (Math.abs(region.box.column - last.box.column) > NEAR * last.box.height) break;
    if (!meet(region.box, last.box, CUT * last.box.height, last.box.height)) continue;
    found.push(region);
    last = region;
  }
  return found;
}

const isNear = (one, other) => other.box.column - one.box.column <= APART * other.box.height;

function isInLine({ box: one }, { box: other }) {
  const rise = TILT * (other.column - one.column);
  return meet(one, other, TOPS * other.height + rise, other.height);
}

const meet = (one, other, high, height) =>
  Math.abs(one.top - other.top) <= high && Math.abs(one.bottom - other.bottom) <= BOTTOMS * height;
