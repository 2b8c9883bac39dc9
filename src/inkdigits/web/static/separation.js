// Marks that are several digits, and these cut apart, where a network says that they touch, as
// Python's recognition/separation.py does it.

import { MARGIN } from "./components.js";
import { median } from "./filters.js";
import { seams } from "./seams.js";
import { Candidate, LEAST } from "./segmentation.js";
import { LINE, strokeAlong } from "./strokes.js";

const MOST_TOUCHING = 9; // digits that are cut apart
const SEVERAL = 0.4; // probability of what is read in what is no digit
const RATHER_SEVERAL = 0.95; // the same, in one
export const CERTAIN = 0.99; // confidence of one digit
const SURELY_SEVERAL = 0.999; // the probability that several then need
// The same of what a line goes through, below which that strikes it out.
export const PERHAPS_SEVERAL = 0.85;
const SURELY_ONES = 0.97; // the same of two ones; of more, or such and sevens, none is
const LIKE_ONE = 0.9; // confidence of one digit, that looks like one
const LIKE_SEVERAL = 0.98; // the probability below which several in it must look like digits, too
const LIKENESS = 0.9; // the probability that one of these is its digit, at least
const LARGEST = 8; // marks that are looked at for a height, where no digit tells it
const NARROW = 0.55; // of a digit's height, that what may be several digits is wide at least
const WIDE = 0.8; // the same of what is certainly one
const BAR = 1; // digits that strokes of letters look like
const HOOK = 7;

// A piece too wide for one digit as the digits that touch in it; else as it is. They are believed
// where they are likely, the more so if it may be one digit as well, and are not all mere strokes;
// and if it looks like one, where one of them looks like a digit by itself.
export function separated(page, wide, height, touching, score) {
  const whole = [page, [wide]];
  const [piece] = wide.pieces;
  const isCertain = wide.confidence > CERTAIN;
  if (!mayHoldSeveral(piece.box, height, isCertain ? WIDE : NARROW)) return whole;
  const ink = page.cut([piece]);
  const { values, probability, digits, middles } = touching.read(ink);
  let likely = SEVERAL + (RATHER_SEVERAL - SEVERAL) * Math.sqrt(wide.confidence);
  if (isCertain) likely = SURELY_SEVERAL;
  if (areStrokes(values)) likely = values.length === 2 ? SURELY_ONES : Infinity;
  if (values.length < 2 || values.length > MOST_TOUCHING || probability < likely) return whole;
  if (probability < PERHAPS_SEVERAL && strokeAlong(ink) >= LINE) return whole;
  const isDoubtful = wide.confidence > LIKE_ONE && probability < LIKE_SEVERAL;
  const least = isDoubtful ? LIKENESS : 0;
  return cutUp(page, piece, { values, digits, middles }, score, least) ?? whole;
}

// The digits that were found in a piece, cut where each looks most like what it is; null where no
// cuts give each of them some ink, or none is its digit with that probability.
function cutUp(page, piece, { values, digits, middles }, score, least) {
  const { box } = piece;
  const marked = page.marked(piece);
  const start = Math.max(0, box.left - MARGIN) - box.left; // of the ink that was looked at
  const between = seams(
    marked,
    middles.map((middle) => start + middle),
  );
  const edge = (column) => new Array(box.height).fill(column);
  // Cuts, from the left edge to the right one; parts go from one of a place to one of the next.
  const places = [[edge(0)], ...between, [edge(box.width)]];
  let best = [{ total: 0, parts: [] }];
  values.forEach((value, number) => {
    best = places[number + 1].map((right, last) => {
      const ways = places[number].flatMap((left, first) => {
        const part = partOf(page, piece, marked, [left, right]);
        if (part === null || !best[first]) return [];
        const likeness = score(part)[value];
        const total = best[first].total + Math.log(Math.max(likeness, LEAST));
        return [{ total, parts: [...best[first].parts, { image: part, last, likeness }] }];
      });
      return ways.reduce((one, other) => (one && one.total >= other.total ? one : other), null);
    });
  });
  if (!best[0]) return null;
  const { parts } = best[0];
  if (Math.max(...parts.map(({ likeness }) => likeness)) < least) return null;
  const [cut, pieces] = page.cutApart(
    piece,
    parts.slice(0, -1).map(({ last }, number) => between[number][last]),
  );
  const found = pieces.map(
    (part, at) => new Candidate([part], parts[at].image, digits[at], part.box, true),
  );
  return [cut, found];
}

// The image of what is marked between two cuts; null where that is nothing.
function partOf(page, piece, marked, [left, right]) {
  const inside = marked.map(Uint8Array, (own, place) => {
    const [row, column] = [Math.trunc(place / marked.width), place % marked.width];
    return own && left[row] <= column && column < right[row];
  });
  return inside.data.includes(1) ? page.part(piece, inside) : null;
}

// The height of marks that are surely several digits, where no digit stands by itself; null where
// there are none among the largest.
export function touchingHeight(page, singles, touching) {
  const heights = [];
  for (const { refusal, box, pieces } of singles.slice(0, LARGEST)) {
    if (refusal < 0.5 || !mayHoldSeveral(box, box.height)) continue;
    const { values, probability } = touching.read(page.cut(pieces));
    if (values.length > 1 && probability >= RATHER_SEVERAL) heights.push(box.height);
  }
  return heights.length ? median(heights) : null;
}

// Whether they are ones, as which M and W come apart, or three or more and sevens, as m.
function areStrokes(values) {
  const found = new Set(values);
  if (found.size === 1) return found.has(BAR);
  return found.size === 2 && found.has(BAR) && found.has(HOOK) && values.length > 2;
}

function mayHoldSeveral(box, height, narrow = NARROW) {
  const isWide = narrow * height < box.width && box.width < 6 * height;
  return isWide && 0.6 * height < box.height && box.height < 1.8 * height;
}
