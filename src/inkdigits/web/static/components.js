// Ink in pieces: connected marks, each with its box, and the 28x28 pixels of one or several, as
// Python's images/components.py has them.

import { Plane, chosen, extremes } from "./arrays.js";
import { dilated, largest, quantile } from "./filters.js";
import { isSoft, sharpened } from "./focus.js";
import { FIT, SIDE, normalize } from "./normalize.js";
import { regions } from "./regions.js";

const SMALLEST = 7; // pixels of a piece's longer side; smaller ones are specks
const FEWEST = 8; // pixels of ink of a piece
const MOST = 10_000; // pieces of a page that are looked at, the largest; more are texture
const BESIDE = 0.01; // of the picture's width, that what nearly touches its side is from it
const DIM = 200; // of 255, that some of a digit has but where strokes are a tenth of a pixel wide
const BROAD = 0.05; // of its longer side, that such a digit is broad; the edge of a sheet is no 1
export const MARGIN = 2; // pixels around a piece in which its grey edges are

// A rectangle in pixels; bottom and right are the first row and column outside.
export class Box {
  constructor(top, left, bottom, right) {
    Object.assign(this, { top, left, bottom, right });
    this.height = bottom - top;
    this.width = right - left;
    this.size = Math.max(this.height, this.width);
    this.row = (top + bottom) / 2; // the middle's
    this.column = (left + right) / 2;
  }
}

// The smallest box that holds all.
export function around(boxes) {
  return new Box(
    Math.min(...boxes.map((box) => box.top)),
    Math.min(...boxes.map((box) => box.left)),
    Math.max(...boxes.map((box) => box.bottom)),
    Math.max(...boxes.map((box) => box.right)),
  );
}

// A picture's ink and its pieces, the largest first. A piece has a `label` in the page's label map,
// a `box`, an `area` in pixels, a mean `strength`, the number of the picture's `borders` that it
// touches, and whether the left or the right one is among them, `atSide`, or nearly so, `nearSide`.
export class Page {
  // `regions` are all marks before any was cut, those too small to be pieces too, `strengths` their
  // means. `used`: the largest label.
  constructor(ink, labels, pieces, regions, strengths, used = regions.areas.length) {
    Object.assign(this, { ink, labels, pieces, regions, strengths, used });
  }

  // Some pieces taken as one digit, normalised: 28 x 28 bytes; sharper if out of focus.
  digit(pieces) {
    return asDigit(this.cut(pieces));
  }

  // The ink of some pieces in [0, 1], with their grey edges, without others'.
  cut(pieces) {
    const box = around(pieces.map((piece) => piece.box));
    const { height, width } = this.labels;
    const window = [
      Math.max(0, box.top - MARGIN),
      Math.max(0, box.left - MARGIN),
      Math.min(height, box.bottom + MARGIN),
      Math.min(width, box.right + MARGIN),
    ];
    const wanted = pieces.map((piece) => piece.label);
    const isWanted = (label) => Number(label > 0 && wanted.includes(label));
    return this.#levels(window, this.labels.cut(...window).map(Uint8Array, isWanted));
  }

  // Where a piece is in its box.
  marked({ box, label }) {
    const labels = this.labels.cut(box.top, box.left, box.bottom, box.right);
    return labels.map(Uint8Array, (own) => Number(own === label));
  }

  // A part of a piece, some of what is `marked` in its box, as a digit: 28 x 28 bytes.
  part(piece, marked) {
    const columns = [...new Array(marked.width).keys()].filter((column) =>
      isInked(marked, column),
    );
    const [start, end] = [columns[0], columns.at(-1) + 1];
    const { box: whole } = piece;
    const box = new Box(whole.top, whole.left + start, whole.bottom, whole.left + end);
    const inside = marked.cut(0, start, marked.height, end);
    const [top, left] = [Math.max(0, box.top - MARGIN), Math.max(0, box.left - MARGIN)];
    const bottom = Math.min(this.labels.height, box.bottom + MARGIN);
    const right = Math.min(this.labels.width, box.right + MARGIN);
    const [height, width] = [bottom - top, right - left];
    const own = new Plane(height, width, new Uint8Array(height * width));
    for (let row = 0; row < inside.height; row += 1) {
      const line = inside.data.subarray(row * inside.width, (row + 1) * inside.width);
      own.data.set(line, (row + box.top - top) * width + box.left - left);
    }
    return asDigit(this.#levels([top, left, bottom, right], own));
  }

  // The ink of some pixels of a window and of the grey edges around them, 0 to 1.
  #levels(window, own) {
    const labels = this.labels.cut(...window);
    const edges = dilated(own, MARGIN);
    const nearby = this.ink.full.cut(...window);
    const relative = this.ink.strength
      .cut(...window)
      .map(Float32Array, (value, place) => value / Math.max(nearby.data[place], 1e-3));
    const full = Math.max(quantile(chosen(relative.data, own.data), 0.8), 0.2);
    return relative.map(Float32Array, (value, place) => {
      const isOwn = own.data[place] || (edges.data[place] && labels.data[place] === 0);
      return isOwn ? Math.min(1, Math.max(0, value / full)) : 0;
    });
  }

  // The page with a piece cut into parts, left to right, of which none may be empty. Each of `cuts`
  // is the first column behind it in each row of the piece's box, from its left.
  cutApart(piece, cuts) {
    const labels = this.labels.copy();
    const { box } = piece;
    const own = this.marked(piece);
    const side = own.map(Uint8Array, (_, place) => {
      const [row, column] = [Math.trunc(place / own.width), place % own.width];
      return cuts.filter((cut) => column >= cut[row]).length;
    });
    const first = this.used + 1;
    const count = cuts.length + 1;
    const parts = Array.from({ length: count }, (_, number) => {
      const part = side.map(Uint8Array, (at, place) => own.data[place] && at === number);
      const label = first + number;
      const { box: place, area } = relabelled(labels, box, part, label);
      return { ...piece, label, box: place, area, atSide: false, nearSide: false };
    });
    const { ink, pieces, regions, strengths, used } = this;
    return [new Page(ink, labels, pieces, regions, strengths, used + count), parts];
  }
}

const isInked = ({ height, width, data }, column) => {
  for (let row = 0; row < height; row += 1) if (data[row * width + column]) return true;
  return false;
};

function asDigit(cut) {
  let ink = cut;
  let image = normalize(ink);
  const isBroad = Math.min(ink.height, ink.width) > BROAD * Math.max(ink.height, ink.width);
  if (isBroad && extremes(image)[1] < DIM) {
    ink = widened(ink);
    image = normalize(ink);
  }
  // What has no more pixels than the image is soft for being enlarged.
  const isLarge = Math.max(ink.height, ink.width) > SIDE;
  return isLarge && isSoft(image) ? sharpened(image) : image;
}

// Strokes so thin, for their length, that nothing is left of them in 28 x 28 pixels, wider.
function widened({ height, width, data }) {
  const reach = Math.trunc(Math.max(height, width) / (2 * FIT));
  const padded = new Float32Array((height + 2 * reach) * (width + 2 * reach));
  for (let row = 0; row < height; row += 1)
    padded.set(
      data.subarray(row * width, (row + 1) * width),
      (row + reach) * (width + 2 * reach) + reach,
    );
  return largest(new Plane(height + 2 * reach, width + 2 * reach, padded), 2 * reach + 1);
}

// Gives what is marked in a window of a label map a label; says where it is and how many pixels.
function relabelled(labels, window, marked, label) {
  let [top, left, bottom, right, area] = [Infinity, Infinity, 0, 0, 0];
  for (let row = window.top; row < window.bottom; row += 1) {
    for (let column = window.left; column < window.right; column += 1) {
      if (!marked.data[(row - window.top) * window.width + column - window.left]) continue;
      labels.data[row * labels.width + column] = label;
      area += 1;
      [top, left] = [Math.min(top, row), Math.min(left, column)];
      [bottom, right] = [Math.max(bottom, row + 1), Math.max(right, column + 1)];
    }
  }
  return { box: new Box(top, left, bottom, right), area };
}

// The pieces of ink that are large enough to be a digit or a part of one, at most `MOST`.
export function findPieces(ink) {
  const { height, width } = ink.marked;
  const found = regions(ink.marked);
  const strengths = found.sums(ink.strength).map((sum, place) => sum / found.areas[place]);
  const boxes = Array.from(
    found.areas,
    (_, place) =>
      new Box(found.tops[place], found.lefts[place], found.bottoms[place], found.rights[place]),
  );
  const large = [...boxes.keys()].filter(
    (place) => boxes[place].size >= SMALLEST && found.areas[place] >= FEWEST,
  );
  large.sort((one, other) => found.areas[other] - found.areas[one]);
  const pieces = large.slice(0, MOST).map((place) => {
    const [box, area] = [boxes[place], found.areas[place]];
    const sides = [box.left <= 1, box.right >= width - 1];
    const touched = [box.top <= 1, box.bottom >= height - 1, ...sides].filter(Boolean);
    return {
      label: place + 1,
      box,
      area,
      strength: strengths[place],
      borders: touched.length,
      atSide: sides[0] || sides[1],
      nearSide: Math.min(box.left, width - box.right) <= BESIDE * width,
    };
  });
  return new Page(ink, found.labels, pieces, found, strengths);
}
