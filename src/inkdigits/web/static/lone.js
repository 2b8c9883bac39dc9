// One digit that all of a page's pieces make, such as a 4 whose strokes do not meet, as Python's
// recognition/lone.py finds it.

import { around } from "./components.js";
import { dilated } from "./filters.js";
import { regions } from "./regions.js";
import { MOST_PIECES, candidates } from "./segmentation.js";

const SURE = 0.98; // the probability of a digit and that one, at least
const REACH = 0.04; // of the longer side: the pieces are no further apart than twice as much
const NO_DIGIT = 0.5; // the refusal of a piece that is only a part
const RING = 0; // digits: what one ring is, and two above each other
const RINGS = 8;

// The digit that a page's few pieces are, surely so and nearly touching; null if there is none.
// Pieces that are all digits are several, but rings on each other are an 8. `singles`: all of its
// pieces, each as a digit.
export function loneDigit(page, singles, score) {
  if (singles.length < 2 || singles.length > MOST_PIECES) return null;
  const areRings = singles.every((single) => single.value === RING);
  if (!areRings && singles.every((single) => single.refusal < NO_DIGIT)) return null;
  const pieces = singles.flatMap((single) => single.pieces);
  if (pieces.some((piece) => piece.borders)) return null; // such as a table around a sheet
  const { top, left, bottom, right } = around(pieces.map((piece) => piece.box));
  const reach = Math.max(1, Math.round(REACH * Math.max(bottom - top, right - left)));
  const labels = new Set(pieces.map((piece) => piece.label));
  const window = page.labels.cut(top, left, bottom, right);
  const own = window.map(Uint8Array, (label) => Number(labels.has(label)));
  if (regions(dilated(own, reach)).count > 1) return null;
  const [digit] = candidates(page, [pieces], score);
  const isOne = digit.confidence > SURE && (digit.value === RINGS || !areRings);
  return isOne ? digit : null;
}
