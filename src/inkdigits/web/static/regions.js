// Marks that hang together, by corners too, found by their runs, as Python's images/regions.py
// does. A run is a row's marked pixels side by side.

import { Plane, not } from "./arrays.js";

// The regions of a mask, numbered from 1 in the order of their first pixels.
class Regions {
  constructor({ height, width }, runs, numbers, count) {
    Object.assign(this, { height, width, runs, numbers, count });
    this.areas = new Int32Array(count);
    this.tops = new Int32Array(count).fill(height);
    this.lefts = new Int32Array(count).fill(width);
    this.bottoms = new Int32Array(count);
    this.rights = new Int32Array(count);
    const { rows, starts, ends } = runs;
    for (let run = 0; run < rows.length; run += 1) {
      const place = numbers[run];
      this.areas[place] += ends[run] - starts[run];
      this.tops[place] = Math.min(this.tops[place], rows[run]);
      this.lefts[place] = Math.min(this.lefts[place], starts[run]);
      this.bottoms[place] = Math.max(this.bottoms[place], rows[run] + 1);
      this.rights[place] = Math.max(this.rights[place], ends[run]);
    }
  }

  // Each pixel's region; 0 where nothing is marked.
  get labels() {
    this.painted ??= this.#paint();
    return this.painted;
  }

  // The top and the left of one region's box, and which pixels within are its own.
  part(place) {
    const [top, left] = [this.tops[place], this.lefts[place]];
    const own = this.labels
      .cut(top, left, this.bottoms[place], this.rights[place])
      .map(Uint8Array, (label) => Number(label === place + 1));
    return { top, left, own };
  }

  // The pixels of all regions that are chosen: `chosen` of each, false or 0 where it is not.
  mask(chosen) {
    const { height, width, numbers } = this;
    const { rows, starts, ends } = this.runs;
    const data = new Uint8Array(height * width);
    for (let run = 0; run < rows.length; run += 1) {
      const start = rows[run] * width;
      if (chosen[numbers[run]]) data.fill(1, start + starts[run], start + ends[run]);
    }
    return new Plane(height, width, data);
  }

  // The pixels of one region.
  only(place) {
    return this.mask({ [place]: true });
  }

  // The sum of a plane's numbers in each region; of a mask, how many of its pixels are marked.
  sums({ width, data }) {
    const { rows, starts, ends } = this.runs;
    const sums = new Float64Array(this.count);
    for (let run = 0; run < rows.length; run += 1) {
      const start = rows[run] * width;
      for (let place = start + starts[run]; place < start + ends[run]; place += 1)
        sums[this.numbers[run]] += data[place];
    }
    return sums;
  }

  // Which reach the mask's border.
  atBorder() {
    const { height, width } = this;
    return Array.from(
      this.tops,
      (top, place) =>
        top === 0 ||
        this.lefts[place] === 0 ||
        this.bottoms[place] === height ||
        this.rights[place] === width,
    );
  }

  #paint() {
    const { height, width, numbers } = this;
    const { rows, starts, ends } = this.runs;
    const labels = new Int32Array(height * width);
    for (let run = 0; run < rows.length; run += 1) {
      const start = rows[run] * width;
      labels.fill(numbers[run] + 1, start + starts[run], start + ends[run]);
    }
    return new Plane(height, width, labels);
  }
}

export function regions(mask) {
  const runs = findRuns(mask);
  const groups = joined(runs);
  const numbers = new Int32Array(groups.length);
  let count = 0;
  for (let run = 0; run < groups.length; run += 1) {
    if (groups[run] === run) {
      numbers[run] = count;
      count += 1;
    } else {
      numbers[run] = numbers[groups[run]];
    }
  }
  return new Regions(mask, runs, numbers, count);
}

// A mask without holes: what cannot reach the border around the marks is marked.
export function filled(mask) {
  const { labels } = regions(not(mask.padded(1, 0)));
  const outside = labels.data[0];
  const inside = labels.map(Uint8Array, (label) => Number(label !== outside));
  return inside.cut(1, 1, mask.height + 1, mask.width + 1);
}

// Row, first column and the column after the last of each run, in reading order.
function findRuns({ width, data }) {
  const [rows, starts, ends] = [[], [], []];
  for (let place = data.indexOf(1); place >= 0; place = data.indexOf(1, place)) {
    const row = Math.trunc(place / width);
    const edge = (row + 1) * width;
    rows.push(row);
    starts.push(place - row * width);
    while (place < edge && data[place]) place += 1;
    ends.push(place - row * width);
  }
  return { rows, starts, ends };
}

// The smallest run in the group of each, grouped by touching.
function joined({ rows, starts, ends }) {
  const group = Int32Array.from(rows.keys());
  const root = (run) => {
    while (group[run] !== run) {
      group[run] = group[group[run]];
      run = group[run];
    }
    return run;
  };
  let above = 0; // the first run of the row above that may touch
  for (let run = 0; run < rows.length; run += 1) {
    const row = rows[run] - 1;
    while (rows[above] < row || (rows[above] === row && ends[above] < starts[run])) above += 1;
    for (let other = above; rows[other] === row && starts[other] <= ends[run]; other += 1) {
      const one = root(run);
      const two = root(other);
      group[Math.max(one, two)] = Math.min(one, two);
    }
  }
  for (let run = 0; run < group.length; run += 1) group[run] = root(run);
  return group;
}

// All pixels whose middle is in the convex hull of the marked ones' middles.
export function hull(mask) {
  const { width, data } = mask;
  const outer = [];
  for (let row = 0; row < mask.height; row += 1) {
    const marks = data.subarray(row * width, (row + 1) * width);
    const first = marks.findIndex(Boolean);
    if (first < 0) continue;
    outer.push([first, row], [marks.findLastIndex(Boolean), row]);
  }
  outer.sort(([left, above], [right, below]) => left - right || above - below);
  const corners = [...chain(outer).slice(0, -1), ...chain(outer.toReversed()).slice(0, -1)];
  if (corners.length < 3) return mask.map(Uint8Array, (value) => value);
  const sides = corners.map((corner, place) => [corner, corners[(place + 1) % corners.length]]);
  return mask.map(Uint8Array, (_, place) => {
    const [row, column] = [Math.trunc(place / width), place % width];
    return Number(
      sides.every(
        ([[left, top], [right, bottom]]) =>
          (right - left) * (row - top) >= (bottom - top) * (column - left),
      ),
    );
  });
}

// Points in order, without those where the line through them does not turn left.
function chain(points) {
  const kept = [];
  for (const [column, row] of points) {
    while (kept.length > 1) {
      const [[before, above], [last, below]] = kept.slice(-2);
      if ((last - before) * (row - above) > (below - above) * (column - before)) break;
      kept.pop();
    }
    kept.push([column, row]);
  }
  return kept;
}

// A shape's area as a share of a rectangle's of the same spread: of an ellipse 1.05.
export function compactness({ width, data }) {
  let [count, rows, columns, down, across, both] = [0, 0, 0, 0, 0, 0];
  data.forEach((marked, place) => {
    if (!marked) return;
    const [row, column] = [Math.trunc(place / width), place % width];
    count += 1;
    rows += row;
    columns += column;
    down += row * row;
    across += column * column;
    both += row * column;
  });
  const covariance = (products, one, other) => (products - (one * other) / count) / (count - 1);
  const determinant =
    covariance(down, rows, rows) * covariance(across, columns, columns) -
    covariance(both, rows, columns) ** 2;
  return count / (12 * Math.sqrt(Math.max(determinant, 1e-9)));
}
