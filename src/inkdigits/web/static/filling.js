// One digit that fills its picture, where there is too little paper to be estimated around it, as
// Python's recognition/filling.py reads it.

import { above, argmax, mean, not, rint, sum } from "./arrays.js";
import { Box } from "./components.js";
import { readCrop } from "./doubtful.js";
import { COARSE, grey, hasTwoLevels, otsu } from "./levels.js";
import { polarity } from "./polarity.js";
import { ALONE } from "./refusal.js";
import { hull, regions } from "./regions.js";
import { factorFor, reduceTo } from "./resize.js";
import { Candidate } from "./segmentation.js";

const SPANNED = 0.75; // of the picture's height or width, both ways
const WHOLE = 0.5; // of all ink, that hangs together
const MOST = 0.65; // of the picture, that is ink
const LONGEST = 2.2; // times as long as broad, that what is seen of a sheet or a table is at most
const BROAD = 0.5; // of its box, that a sheet's hull covers at least
const SOLID = 0.9; // of its hull, that a sheet is at least
const SPECK = 0.03; // of the picture's longer side, that what is no speck takes
const PARTS = 2; // other marks, at most; more are writing, and the mark is what is seen of a table
const ALONG = 0.7; // of a side, that a table lies along
const ALSO = 0.4; // of another; no other mark may be then
const ALL = 0.95; // of two sides, that a table alone lies along
const BETWEEN = 0.2; // of the picture between both levels, at most: small ones are edges by a fifth
const SURE = 0.98;
const SIDES = 3; // of the picture, that a digit reaches where it is cut out close
const CROP = 256; // pixels of a crop's longer side at most

// The digit that takes up all of a picture, one or three planes of bytes, and whether it is light on
// dark; null where there is none, surely so.
export function fillingDigit(channels, network) {
  const level = grey(channels);
  const small = reduceTo(level, COARSE);
  const [box, lightOnDark] = boxOf(small);
  if (box === null) return null;
  const size = factorFor(level, COARSE);
  const bottom = Math.min(box.bottom * size, level.height);
  const right = Math.min(box.right * size, level.width);
  const digit = wholeDigit(level, network, new Box(box.top * size, box.left * size, bottom, right));
  const ends = [box.top, box.left, small.height - box.bottom, small.width - box.right];
  const isCutOut = ends.filter((end) => end === 0).length >= SIDES;
  return digit.confidence < (isCutOut ? ALONE : SURE) ? null : { digit, lightOnDark };
}

// All of a picture's levels as one digit, which has no pieces; its box is the picture's, or given.
export function wholeDigit(level, network, box = new Box(0, 0, level.height, level.width)) {
  const crop = reduceTo(level, CROP).map(Uint8Array, (value) => rint(255 * value));
  const { image, joint } = readCrop(crop, network);
  return new Candidate([], image, joint, box);
}

// The box of the one mark that fills a reduced picture, null where there is none, and whether it is
// light on dark.
function boxOf(small) {
  const light = above(small, otsu(small.data));
  if (!hasTwoLevels(small, light, BETWEEN)) return [null, false];
  // Where one level alone has such a mark, that is ink, whatever most of the picture is: a digit that
  // is cut out close leaves little paper.
  const [ofLight, ofDark] = [light, not(light)].map(fillingMark);
  const isLight = ofLight !== null && (ofDark === null || polarity(small).lightOnDark);
  return [isLight ? ofLight : ofDark, isLight];
}

// The box of the largest mark in ink, if it spans the picture; else null.
function fillingMark(ink) {
  const found = regions(ink);
  if (!found.count || mean(ink.data) > MOST) return null;
  const place = argmax(found.areas);
  const box = new Box(
    found.tops[place],
    found.lefts[place],
    found.bottoms[place],
    found.rights[place],
  );
  const isWide = box.height >= SPANNED * ink.height && box.width >= SPANNED * ink.width;
  if (!isWide || found.areas[place] < WHOLE * sum(ink.data)) return null;
  const covered = sum(hull(found.only(place)).data);
  const isBar = box.size > LONGEST * Math.min(box.height, box.width); // a 1, which may be as solid
  const isBroad = covered > BROAD * box.height * box.width;
  if (isBroad && found.areas[place] > SOLID * covered && !isBar) return null;
  const marks = found.tops.filter((top, other) => {
    const size = Math.max(found.bottoms[other] - top, found.rights[other] - found.lefts[other]);
    return size >= SPECK * Math.max(ink.height, ink.width);
  });
  const [first, second] = alongSides(found.labels, place + 1);
  if (second > ALL && !isBar) return null;
  return marks.length > 1 + (first > ALONG && second > ALSO ? 0 : PARTS) ? null : box;
}

// How much of each of a picture's four sides a mark lies along, the most first.
function alongSides({ height, width, data }, label) {
  const rows = [...Array(height).keys()];
  const columns = [...Array(width).keys()];
  const sides = [
    columns,
    columns.map((column) => (height - 1) * width + column),
    rows.map((row) => row * width),
    rows.map((row) => row * width + width - 1),
  ];
  const share = (side) => side.filter((at) => data[at] === label).length / side.length;
  return sides.map(share).toSorted((one, other) => other - one);
}
