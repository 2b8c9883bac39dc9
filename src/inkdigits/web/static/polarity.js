// On which side of its paper the ink of a picture is, as Python's images/polarity.py does.

import { above, mean, not, sum } from "./arrays.js";
import { gaussian } from "./filters.js";
import { border, hasTwoLevels, otsu } from "./levels.js";
import { shadeOf } from "./shadows.js";

const SKEWED = 0.5; // the skewness of what is narrow, below which it does not tell ink from paper
const CLOSE = 0.1; // of all votes, from half of them, within which strokes tell paper from ink
const NARROW = 1 / 16; // of the picture's longer side, that a stroke is broad, or a strip
const STRAY = 0.25; // of a line along a side, below which it is no strip's
const SHORTEST = 8; // pixels of the reduced picture's shorter side, from which there may be a strip

// Whether a reduced picture shows light ink on dark paper. Paper is what most of the picture and of
// its border is; ink lies to one side of it. It is in doubt where the strokes of neither side stand
// out, as beside the edge of a table.
export function polarity(picture) {
  const [small, light] = betweenStrips(picture);
  // Where both are wide and leave the picture, they are paper in the light and in a shadow.
  const isFew = 2 * sum(light.data) <= light.data.length;
  const [fewer, more] = isFew ? [light, not(light)] : [not(light), light];
  const isShaded = () => [fewer, more].every((side) => shadeOf(side).data.includes(1));
  if (hasTwoLevels(small, light) && !isShaded()) {
    // On which side most of the border is, then most of the picture.
    const share = 0.6 * mean(border(light)) + 0.4 * mean(light.data);
    if (Math.abs(share - 0.5) > CLOSE) return { lightOnDark: share < 0.5, isDoubtful: false };
  }
  // Light may change more across the page than between ink and paper; strokes are narrow.
  const smooth = gaussian(small, NARROW * Math.max(small.height, small.width));
  const rough = small.data.map((value, place) => value - smooth.data[place]);
  const third = mean(rough.map((value) => value ** 3));
  const second = mean(rough.map((value) => value ** 2));
  return { lightOnDark: third > 0, isDoubtful: Math.abs(third) < SKEWED * second ** 1.5 };
}

// A reduced picture without strips along its sides, such as the dark edge of a scan, and which of its
// pixels are on the light side of a threshold between all. Strips are no part of the page, and paper
// beside one is as light and narrow as writing.
function betweenStrips(picture) {
  const light = above(picture, otsu(picture.data));
  if (Math.min(picture.height, picture.width) < SHORTEST) return [picture, light];
  const fewer = mean(light.data) < 0.5 ? light : not(light);
  const most = Math.trunc(NARROW * Math.max(picture.height, picture.width));
  const [top, bottom] = ends(fewer, most);
  const [left, right] = ends(fewer.cut(top, 0, bottom, fewer.width).transposed(), most);
  return [picture, light].map((plane) => plane.cut(top, left, bottom, right));
}

// Where what lies between two strips along the first and last rows begins and ends, each strip's own
// edge left out: a strip has so many rows at most, and no more than a quarter of all.
function ends({ height, width, data }, most) {
  const share = (_, row) => mean(data.subarray(row * width, (row + 1) * width));
  const shares = Array.from({ length: height }, share);
  const longest = Math.min(most, Math.trunc(height / 4));
  const [first, last] = [shares, shares.toReversed()].map((side) => {
    const paper = side.slice(0, longest + 1).findIndex((of) => of < STRAY);
    return paper > 0 ? paper + 1 : 0;
  });
  return [first, height - last];
}
