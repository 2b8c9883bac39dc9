// Bar codes, whose bars would be read as ones, as Python's images/barcodes.py finds them.

import { Box } from "./components.js";
import { median } from "./filters.js";
import { runs } from "./runs.js";

const FEWEST = 12; // bars of a code
const SLIM = 0.4; // of a bar's height, its width at most
const APART = 0.6; // of its height, from its middle to the next's, at most
const TOPS = 0.05; // of its height, by which the next may begin elsewhere
const BOTTOMS = 0.2; // the same: end elsewhere
const BROADER = 1.8; // times the slimmest bar, the broadest at least; a tally's are alike
const LOWEST = 16; // pixels of a bar's height

// All but the bars of bar codes, standing or lying, and what else is among those. Neighbours' tops
// are in line, as no hand would write a dozen ones; some bars reach further down.
export function withoutBarCodes(pieces) {
  if (pieces.length < FEWEST) return pieces;
  const standing = pieces.map(({ box, area }, place) => ({ box, area, place }));
  const lying = standing.map(({ box, ...rest }) => ({ box: transposed(box), ...rest }));
  const among = new Set([...amongBars(standing), ...amongBars(lying)]);
  return pieces.filter((piece, place) => !among.has(place));
}

// Rows and columns changed over.
const transposed = ({ top, left, bottom, right }) => new Box(left, top, right, bottom);

// The places of pieces that lie in a code whose bars stand.
function amongBars(pieces) {
  const slim = pieces.filter(({ box }) => box.width <= SLIM * box.height && box.height >= LOWEST);
  slim.sort((one, other) => one.box.column - other.box.column);
  return runs(slim, isNear, isInLine).flatMap((bars) => {
    const widths = bars.map(({ box, area }) => area / box.height); // whatever its tilt
    if (bars.length < FEWEST || Math.max(...widths) < BROADER * Math.min(...widths)) return [];
    const top = Math.min(...bars.map(({ box }) => box.top));
    const bottom = median(bars.map(({ box }) => box.bottom));
    const [left, right] = [bars[0].box.left, bars.at(-1).box.right];
    const inside = pieces.filter(
      ({ box }) => box.row > top && box.row < bottom && box.left >= left && box.right <= right,
    );
    return [...inside, ...bars].map(({ place }) => place);
  });
}

const isNear = (one, other) => other.box.column - one.box.column <= APART * other.box.height;

const isInLine = (one, other) =>
  Math.abs(one.box.top - other.box.top) <= TOPS * other.box.height &&
  Math.abs(one.box.bottom - other.box.bottom) <= BOTTOMS * other.box.height;
