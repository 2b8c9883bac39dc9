// The ink of a page that lies askew, turned until its lines are level, as Python's
// images/straight.py does.

import { Plane, rint } from "./arrays.js";
import { Box } from "./components.js";
import { Ink } from "./ink.js";

// A page turned level, its `ink`; `back` tells where what is on it is on the page as it lies.
class Straight {
  // `height` and `width` of the page as it lies; `before`: the row and column there of one here.
  constructor(ink, { height, width }, before) {
    Object.assign(this, { ink, height, width, before });
  }

  // The box, on the page as it lies, of what is inked within one.
  back({ top, left, bottom, right }) {
    const { marked } = this.ink;
    const inked = [];
    for (let row = top; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1) {
        if (marked.data[row * marked.width + column]) inked.push([row, column]);
      }
    }
    const corners = [top, bottom - 1].flatMap((row) => [left, right - 1].map((at) => [row, at]));
    const [rows, columns] = [
      [Infinity, -Infinity],
      [Infinity, -Infinity],
    ];
    for (const [row, column] of inked.length ? inked : corners) {
      const [down, across] = this.before(row, column);
      widen(rows, down, this.height);
      widen(columns, across, this.width);
    }
    return new Box(rows[0], columns[0], rows[1] + 1, columns[1] + 1);
  }
}

// A range that holds a place within a size, too.
function widen(range, place, size) {
  const own = Math.min(size - 1, Math.max(0, place));
  range[0] = Math.min(range[0], own);
  range[1] = Math.max(range[1], own);
}

// A page whose lines fall by a slope, turned level; each of its pixels is the page's nearest, and
// beyond the page is paper.
export function straightened(ink, slope) {
  const { height, width } = ink.marked;
  const length = Math.hypot(1, slope);
  const turned = {
    height: Math.ceil((height + width * Math.abs(slope)) / length),
    width: Math.ceil((width + height * Math.abs(slope)) / length),
  };
  const before = (row, column) => {
    const down = row - (turned.height - 1) / 2;
    const across = column - (turned.width - 1) / 2;
    return [
      rint((height - 1) / 2 + (down + slope * across) / length),
      rint((width - 1) / 2 + (across - slope * down) / length),
    ];
  };
  const places = placesOf(ink.marked, turned, before);
  const inside = ({ data }) => gathered(data, places, turned, 0);
  const continued = ({ data }) => gathered(data, places, turned, null);
  const maps = [inside(ink.strength), continued(ink.full), inside(ink.marked)];
  const planes = ink.planes.map(continued);
  const level = new Ink(...maps, ink.lightOnDark, planes, ink.isDoubtful);
  return new Straight(level, ink.marked, before);
}

// Of each pixel of a page turned level its place on the page; -1 less that of the page's nearest
// pixel where it is beyond the page.
function placesOf({ height, width }, turned, before) {
  const places = new Int32Array(turned.height * turned.width);
  for (let row = 0, to = 0; row < turned.height; row += 1) {
    for (let column = 0; column < turned.width; column += 1, to += 1) {
      const [down, across] = before(row, column);
      const inRows = Math.min(height - 1, Math.max(0, down));
      const inColumns = Math.min(width - 1, Math.max(0, across));
      const place = inRows * width + inColumns;
      places[to] = inRows === down && inColumns === across ? place : -1 - place;
    }
  }
  return places;
}

// The values at some places; beyond the page `outside`, or where that is null the nearest ones.
function gathered(data, places, { height, width }, outside) {
  const values = new data.constructor(places.length);
  for (let to = 0; to < places.length; to += 1) {
    const place = places[to];
    if (place >= 0) values[to] = data[place];
    else values[to] = outside ?? data[-1 - place];
  }
  return new Plane(height, width, values);
}
