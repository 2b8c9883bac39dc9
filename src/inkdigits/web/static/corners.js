// Plain corners around a photo that was turned until it was straight, as Python's images/corners.py
// makes them the photo's paper.

import { Plane, rint, sum } from "./arrays.js";
import { COARSE, grey } from "./levels.js";
import { compactness, hull } from "./regions.js";
import { reduceTo, sampledPlane } from "./resize.js";
import { findSheet } from "./sheet.js";

const PLAIN = 8; // levels of 255 by which the corners' pixels differ at most
const LONGEST = 400; // pixels, longer side of the sampled picture that the photo is looked for in
const [LEAST, MOST] = [0.6, 0.999]; // of the picture, that the photo takes
const OTHER = 0.5; // of the photo, that is of another colour than the corners, at least
const CONVEX = 0.97; // of its hull, that the photo is at least
// As large as a rectangle of its spread, that the photo is; an oval, such as a 0, is larger.
const [NARROWEST, BROADEST] = [0.96, 1.015];
const SMALLEST = 100; // pixels of the picture's shorter side
const MIXED = 2; // pixels along its edges, in which corner and photo may be mixed
const EDGE = 8; // pixels of a row, further in, of which the mean goes on into the corner
const SHORTEST = 0.125; // of the width, that the photo takes of a row which does

// One or three planes of bytes, whose photo goes on into plain corners, if there are any.
export function withoutCorners(channels) {
  const [{ height, width }] = channels;
  if (Math.min(height, width) < SMALLEST) return channels;
  const step = Math.ceil(Math.max(height, width) / LONGEST);
  if (!isPhoto(channels.map((channel) => sampledPlane(channel, step)))) return channels;
  // On a plain table, which is left out as such.
  const level = grey(channels);
  if (findSheet(reduceTo(level, COARSE), level)) return channels;
  const spans = spansOf(othersOf(channels)).map(([first, end]) => [first + MIXED, end - MIXED]);
  const shortest = Math.max(2 * EDGE, SHORTEST * width);
  const rows = [...spans.keys()]
    .filter((row) => spans[row][1] - spans[row][0] >= shortest)
    .slice(MIXED, -MIXED);
  if (!rows.length) return channels;
  return channels.map((channel) => continued(channel, rows, spans));
}

function continued(channel, rows, spans) {
  const { height, width, data } = channel;
  const filled = channel.copy();
  for (const row of rows) {
    const [first, end] = spans[row];
    const start = row * width;
    const meanFrom = (column) =>
      rint(sum(data.subarray(start + column, start + column + EDGE)) / EDGE);
    filled.data.fill(meanFrom(first), start, start + first);
    filled.data.fill(meanFrom(end - EDGE), start + end, start + width);
  }
  const line = (row) => filled.data.slice(row * width, (row + 1) * width);
  const [highest, lowest] = [rows[0], rows.at(-1)];
  for (let row = 0; row < highest; row += 1) filled.data.set(line(highest), row * width);
  for (let row = lowest + 1; row < height; row += 1) filled.data.set(line(lowest), row * width);
  return filled;
}

// Whether a picture has four corners of one colour and a convex photo in them.
function isPhoto(channels) {
  const [{ height, width }] = channels;
  const corners = [0, width - 1, (height - 1) * width, height * width - 1];
  const isOther = ({ data }) => corners.some((at) => Math.abs(data[at] - data[0]) > PLAIN);
  if (channels.some(isOther)) return false;
  const others = othersOf(channels);
  const spans = spansOf(others);
  const photo = new Plane(height, width, new Uint8Array(height * width));
  spans.forEach(([first, end], row) => {
    if (first < end) photo.data.fill(1, row * width + first, row * width + end);
  });
  const area = sum(photo.data);
  const share = area / photo.data.length;
  if (share < LEAST || share > MOST || sum(others.data) / area < OTHER) return false;
  const compact = compactness(photo);
  if (compact < NARROWEST || compact > BROADEST) return false;
  return area >= CONVEX * sum(hull(photo).data);
}

// Which pixels are of another colour than the first one.
function othersOf(channels) {
  const [first, ...rest] = channels;
  const isOther = ({ data }, place) => Math.abs(data[place] - data[0]) > PLAIN;
  return first.map(Uint8Array, (_, place) =>
    Number(isOther(first, place) || rest.some((channel) => isOther(channel, place))),
  );
}

// The first marked column of each row, and the one after its last.
function spansOf({ height, width, data }) {
  return Array.from({ length: height }, (_, row) => {
    const line = data.subarray(row * width, (row + 1) * width);
    const first = line.indexOf(1);
    return first < 0 ? [width, 0] : [first, line.lastIndexOf(1) + 1];
  });
}
