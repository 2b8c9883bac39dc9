// One digit that fills its picture, where there is too little paper to be estimated around it, as
// Python's recognition/filling.py reads it.

import { above, argmax, mean, not, rint, sum } from "./arrays.js";
import { Box } from "./components.js";
import { normalizeCrop } from "./crops.js";
import { isLightOnDark } from "./ink.js";
import { COARSE, grey, hasTwoLevels, otsu } from "./levels.js";
import { regions } from "./regions.js";
import { factorFor, reduceTo } from "./resize.js";
import { Candidate } from "./segmentation.js";

const SPANNED = 0.75; // of the picture's height or width, both ways
const WHOLE = 0.5; // of all ink, that hangs together
const MOST = 0.65; // of the picture, that is ink
const SURE = 0.98;
const CROP = 256; // pixels of a crop's longer side at most

// The digit that takes up all of a picture, one or three planes of bytes; null where there is none,
// surely so. `score` gives an image's ten probabilities.
export function fillingDigit(channels, score) {
  const level = grey(channels);
  const box = boxOf(reduceTo(level, COARSE));
  if (box === null) return null;
  const size = factorFor(level, COARSE);
  const bottom = Math.min(box.bottom * size, level.height);
  const right = Math.min(box.right * size, level.width);
  const digit = wholeDigit(level, score, new Box(box.top * size, box.left * size, bottom, right));
  return digit.confidence < SURE ? null : digit;
}

// All of a picture's levels as one digit, which has no pieces; its box is the picture's, or given.
export function wholeDigit(level, score, box = new Box(0, 0, level.height, level.width)) {
  const crop = reduceTo(level, CROP).map(Uint8Array, (value) => rint(255 * value));
  const image = normalizeCrop(crop);
  return new Candidate([], image, score(image), box);
}

// The box of the one mark that fills a reduced picture; null where there is none.
function boxOf(small) {
  const light = above(small, otsu(small.data));
  if (!hasTwoLevels(small, light)) return null;
  const ink = isLightOnDark(small) ? light : not(light);
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
  return isWide && found.areas[place] >= WHOLE * sum(ink.data) ? box : null;
}
