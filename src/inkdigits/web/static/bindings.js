// The rings or holes of a notebook's binding, and of torn off paper: marks made by machine, as
// Python's images/bindings.py finds them. They are as large as each other, stand as far apart, in a
// straight line near the picture's edge.

import { median } from "./filters.js";

const FEWEST = 6; // marks of a row
const FEWEST_CUT = 4; // the same, where the picture's border cuts all of them, as digits seldom are
const MOST = 200; // pieces near an edge; more are texture, in which some are in rows by chance
const SMALLEST = 8; // pixels of a mark's longer side
const LONG = 0.6; // of the way from the first to the last piece, that a row is long at least
const EDGE = 0.2; // of the picture's height or width, that a row is from its edge at most
const CUT_EDGE = 0.4; // the same of marks that the border cuts: wires that are seen close by
const CUT = 0.01; // of it, from the border, and two pixels, that what is cut begins at most
const ALIKE = 0.12; // of the longer side, by which the next mark's sides may differ
const INKED = 0.16; // of its ink, the same; or a line of pixels along its longer side
const EVEN = 0.1; // of the way from mark to mark, by which the next may stand elsewhere
const LEAST = 1.5; // pixels, of both
const FURTHEST = 6; // of the longer side, from mark to mark
const STEPS = 4; // marks to the right that may be the next: wires may come in twos
const MISSING = 1.5; // steps between two marks, at least, where one is missing
const ASIDE = 0.35; // of a mark and of a step, that what is left of a mark is from its place
const CLEAR = 1; // of a mark's longer side, between it and what is written, at least
const LIKE_IT = 0.4; // of its longer side, that what is written is long at least; and the other way
const CROWDED = 0.25; // of a row's marks, that are nearer to it at most
const KIN = 1.5; // times a mark's sides, or as much less, that those of what is not unlike it are

// All pieces but the marks of bindings along any edge of a page; all where nothing else is left.
export function withoutBindings(pieces, { height, width }) {
  const standing = pieces.map(({ box: { top, left, bottom, right }, area }) =>
    mark(top, left, bottom, right, area),
  );
  const lying = standing.map(({ top, left, bottom, right, area }) =>
    mark(left, top, right, bottom, area),
  );
  const [across, down] = [inRows(standing, height), inRows(lying, width)];
  const kept = pieces.filter((_, place) => !across.has(place) && !down.has(place));
  return kept.length ? kept : pieces;
}

// What is compared of a piece.
function mark(top, left, bottom, right, area) {
  const [height, width] = [bottom - top, right - left];
  const [row, column] = [(top + bottom) / 2, (left + right) / 2];
  const size = Math.max(height, width);
  return { top, left, bottom, right, area, height, width, size, row, column };
}

// The places of marks in rows along the upper or the lower edge of a page.
function inRows(marks, height) {
  const found = new Set();
  const first = Math.min(...marks.map(({ left }) => left));
  const last = Math.max(...marks.map(({ right }) => right));
  const isCut = (start) => start <= Math.max(2, CUT * height);
  const edges = [
    ({ top, bottom }) => ({ isCut: isCut(top), end: bottom }),
    ({ top, bottom }) => ({ isCut: isCut(height - bottom), end: height - top }),
  ];
  for (const fromEdge of edges) {
    const near = marks
      .map((each, place) => ({ ...each, ...fromEdge(each), place }))
      .filter((each) => each.end < (each.isCut ? CUT_EDGE : EDGE) * height)
      .filter(({ size }) => size >= SMALLEST);
    if (near.length > MOST) continue;
    near.sort((one, other) => one.left + one.right - (other.left + other.right));
    for (const row of rowsOf(near)) {
      const lefts = row.map(({ left }) => left);
      if (Math.max(...lefts) - Math.min(...lefts) < LONG * (last - first)) continue;
      const places = new Set(among(near, row).map(({ place }) => place));
      const others = marks.filter((_, place) => !places.has(place));
      if (standsClear(row, others)) for (const place of places) found.add(place);
    }
  }
  return found;
}

// Which marks are in a row: like its own, or where one is missing, as a line may have cut it, or beyond
// the row's ends the picture's border.
function among(marks, row) {
  const size = Math.max(...row.map((each) => each.size));
  const [start, end] = [row[0], row.at(-1)];
  const columns = row.map(({ column }) => column);
  const across = median(columns.slice(1).map((column, place) => column - columns[place]));
  const between = columns.slice(1).flatMap((column, place) => {
    const isMissing = column - columns[place] > MISSING * across;
    return isMissing ? [(columns[place] + column) / 2] : [];
  });
  const ends = [start.column - across, end.column + across];
  const places = [...ends, ...columns, ...between];
  const usual = Object.fromEntries(
    ["height", "width", "area"].map((name) => [name, median(row.map((each) => each[name]))]),
  );
  return marks.filter((each) => {
    if (Math.abs(each.row - lineAt(row, each.column)) > ASIDE * size) return false;
    if (each.column < ends[0] - ASIDE * size || each.column > ends[1] + ASIDE * size) return false;
    const sides = [each.height - usual.height, each.width - usual.width].map(Math.abs);
    const isAlike =
      Math.max(...sides) <= Math.max(LEAST, ALIKE * size) &&
      Math.abs(each.area - usual.area) <= Math.max(2 * INKED * usual.area, size);
    const off = Math.min(...places.map((column) => Math.abs(each.column - column)));
    return isAlike || (each.size <= (1 + ALIKE) * size && off <= ASIDE * across);
  });
}

// The row that a row of marks is at in a column, beyond its ends as at them.
function lineAt(row, column) {
  const next = row.findIndex((each) => each.column >= column);
  if (next === 0) return row[0].row;
  if (next < 0) return row.at(-1).row;
  const [one, other] = [row[next - 1], row[next]];
  return one.row + ((other.row - one.row) * (column - one.column)) / (other.column - one.column);
}

// Whether there is paper between most marks of a row and what else is as large or larger. What stands
// between two of them and is much like them makes the row one of digits, too.
function standsClear(row, others) {
  const size = Math.max(...row.map((each) => each.size));
  const writing = others.filter(
    (other) => other.size >= LIKE_IT * size && other.size <= size / LIKE_IT,
  );
  const close = row.filter((each) =>
    writing.some((other) => {
      const down = Math.max(other.top - each.bottom, each.top - other.bottom);
      return down < CLEAR * size && other.left < each.right && other.right > each.left;
    }),
  );
  return close.length + kin(row, others).length <= CROWDED * row.length;
}

// The others that stand in a row's line, not unlike its marks.
function kin(row, others) {
  const [height, width] = ["height", "width"].map((name) => median(row.map((each) => each[name])));
  const isLike = (side, usual) => Math.max(side / usual, usual / side) <= KIN;
  return others
    .filter(({ column }) => column > row[0].column && column < row.at(-1).column)
    .filter((each) => Math.abs(each.row - lineAt(row, each.column)) <= ASIDE * Math.max(height, width))
    .filter((each) => isLike(each.height, height) && isLike(each.width, width));
}

// The rows among marks that are given from left to right.
function rowsOf(marks) {
  const rows = [];
  const taken = new Set();
  marks.forEach((start, place) => {
    if (taken.has(start)) return;
    for (const second of beside(marks, place).slice(0, STEPS)) {
      const row = rowFrom(marks, place, second);
      if (row.length < (row.every((each) => each.isCut) ? FEWEST_CUT : FEWEST)) continue;
      rows.push(row);
      row.forEach((each) => taken.add(each));
      break;
    }
  });
  return rows;
}

// The row that begins with two marks; one by itself may lack, where a line runs over it.
function rowFrom(marks, first, second) {
  const row = [first, second];
  let [down, across] = away(marks[first], marks[second]);
  for (;;) {
    const last = row.at(-1);
    const uneven = Math.max(LEAST, EVEN * across);
    const following = (steps) =>
      alike(marks, last, steps * across + uneven).find((place) => {
        const [rows, columns] = away(marks[last], marks[place]);
        const off = [Math.abs(rows - steps * down), Math.abs(columns - steps * across)];
        return Math.max(...off) <= uneven;
      });
    const steps = following(1) === undefined ? 2 : 1;
    const next = following(steps);
    if (next === undefined) return row.map((place) => marks[place]);
    row.push(next);
    [down, across] = away(marks[last], marks[next]).map((value) => value / steps);
  }
}

const away = (one, other) => [other.row - one.row, other.column - one.column];

// The places of the marks like one that are beside it to the right, from left to right.
const beside = (marks, last) =>
  alike(marks, last, FURTHEST * marks[last].size).filter((place) => {
    const [down, across] = away(marks[last], marks[place]);
    return across > 0 && Math.abs(down) <= ALIKE * across;
  });

// The places of the marks like one to the right of it, up to so many pixels.
function alike(marks, last, reach) {
  const { column, size, height, width, area } = marks[last];
  const most = Math.max(LEAST, ALIKE * size);
  const mostInk = Math.max(INKED * area, size);
  const found = [];
  for (let place = last + 1; place < marks.length; place += 1) {
    const other = marks[place];
    if (other.column > column + reach) break;
    const sides = Math.max(Math.abs(other.height - height), Math.abs(other.width - width));
    if (sides <= most && Math.abs(other.area - area) <= mostInk) found.push(place);
  }
  return found;
}
