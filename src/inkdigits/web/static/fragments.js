// Strokes that a pen broke: pieces that nearly touch, and so may be parts of one digit, as Python's
// images/fragments.py finds them.

import { around } from "./components.js";
import { textLines } from "./lines.js";

// Heights of a typical digit:
const LEAST = 0.08; // longer side of a fragment; what is smaller is dust
export const SMALL = 0.3; // longer side of what is no digit by itself, at most
const NEAR = 0.06; // between two fragments, at most
const SHORT = 0.8; // the lower one of the two, at most
export const LOW = 0.6; // both together, at least
const HIGH = 1.3; // the same, at most
const NEAR_BOTH = 0.08; // between them, of the height of both: print is small and its letters near

// Which of a line's boxes, by their places, are perhaps not whole: those `near` others, each with
// these, and those too `small` to be a digit.
export function fragmentsOf(boxes, height) {
  const near = new Map();
  const pairs = fragmentPairs(boxes, height);
  for (const [one, other] of [...pairs, ...pairs.map((pair) => pair.toReversed())])
    if (boxes[one].height < SHORT * height) near.set(one, [...(near.get(one) ?? []), other]);
  const places = [...boxes.keys()];
  return { near, small: new Set(places.filter((place) => boxes[place].size <= SMALL * height)) };
}

// Places of boxes that may be parts of one digit, two by two, the nearest first.
function fragmentPairs(boxes, height) {
  const order = [...boxes.keys()].sort((one, other) => boxes[one].left - boxes[other].left);
  const found = [];
  order.forEach((one, start) => {
    const end = boxes[one].right + NEAR * height;
    for (let place = start + 1; place < order.length; place += 1) {
      const other = order[place];
      if (boxes[other].left > end) break;
      const gap = gapOfParts(boxes[one], boxes[other], height);
      if (gap !== null) found.push({ gap, pair: [one, other] });
    }
  });
  found.sort(
    (first, second) =>
      first.gap - second.gap || first.pair[0] - second.pair[0] || first.pair[1] - second.pair[1],
  );
  return found.map(({ pair }) => pair);
}

// How far apart two boxes are that may be parts of one digit; null of others.
function gapOfParts(one, other, height) {
  const both = around([one, other]);
  const down = Math.max(other.top - one.bottom, one.top - other.bottom, 0);
  const across = Math.max(other.left - one.right, one.left - other.right, 0);
  const gap = Math.hypot(down, across);
  const isNear = gap <= Math.min(NEAR * height, NEAR_BOTH * both.height);
  const isShort = Math.min(one.height, other.height) <= SHORT * height;
  const isDigitHigh = both.height >= LOW * height && both.size <= HIGH * height;
  return isNear && isShort && isDigitHigh ? gap : null;
}

// Pieces, and the small ones that nearly touch one of them and with it are as high as a digit.
export function withFragments(pieces, small, height) {
  const fragments = small.filter((piece) => piece.box.size > LEAST * height);
  const boxes = [...pieces, ...fragments].map((piece) => piece.box);
  const parts = new Set();
  for (const pair of fragmentPairs(boxes, height)) {
    const [first, last] = pair.sort((one, other) => one - other);
    if (first < pieces.length && last >= pieces.length) parts.add(last - pieces.length);
  }
  return [...pieces, ...fragments.filter((_, place) => parts.has(place))];
}

// Lines of text, left to right, in which the parts of what may be one digit are together. By
// themselves the upper and the lower parts of broken digits would be a line each.
export function linesOfFragments(pieces, height) {
  const boxes = pieces.map((piece) => piece.box);
  const groups = pieces.map((piece, place) => ({ box: piece.box, places: [place] }));
  const groupOf = [...groups];
  for (const [one, other] of fragmentPairs(boxes, height)) {
    const [kept, taken] = [groupOf[one], groupOf[other]];
    const box = around([kept.box, taken.box]);
    if (kept === taken || box.size > HIGH * height) continue;
    for (const place of taken.places) groupOf[place] = kept;
    kept.places.push(...taken.places);
    kept.box = box;
    taken.places = [];
  }
  const wholes = groups.filter((group) => group.places.length);
  return textLines(wholes, height).map((line) =>
    line
      .flatMap((whole) => whole.places.map((place) => pieces[place]))
      .toSorted((one, other) => one.box.column - other.box.column),
  );
}
