// Polynomial surfaces over planes, whose sides run from -1 to 1.

// The terms x^i y^j of up to a degree in all, the lower ones first, each at every `step`th pixel of
// every `step`th row.
export function termsOf({ height, width }, degree, step = 1) {
  const [down, across] = [powersOf(height, step, degree), powersOf(width, step, degree)];
  const [rows, columns] = [down[0].length, across[0].length];
  const terms = [];
  for (let total = 0; total <= degree; total += 1) {
    for (let j = 0; j <= total; j += 1) {
      const term = new Float64Array(rows * columns);
      for (let row = 0; row < rows; row += 1) {
        const factor = down[j][row];
        const power = across[total - j];
        for (let k = 0; k < columns; k += 1) term[row * columns + k] = factor * power[k];
      }
      terms.push(term);
    }
  }
  return terms;
}

// The places along a side to the powers 0 to `degree`.
function powersOf(size, step, degree) {
  const places = new Float64Array(Math.ceil(size / step));
  for (let k = 0; k < places.length; k += 1) {
    places[k] = size > 1 ? -1 + (2 * k * step) / (size - 1) : -1;
  }
  return Array.from({ length: degree + 1 }, (_, power) => places.map((place) => place ** power));
}

// The sum of terms, as many of them as there are shares.
export function surfaceOf(terms, shares) {
  const surface = new Float64Array(terms[0].length);
  for (let place = 0; place < shares.length; place += 1) {
    const [term, share] = [terms[place], shares[place]];
    for (let k = 0; k < surface.length; k += 1) surface[k] += share * term[k];
  }
  return surface;
}

// Weights of distances from a surface: 1 on it, 1/4 at one `scale` from it (Holland and Welsch,
// 'Robust Regression Using Iteratively Reweighted Least-Squares', 1977).
export function weightsFor(residual, scale) {
  const weights = new Float64Array(residual.length);
  for (let k = 0; k < weights.length; k += 1) {
    const near = 1 / (1 + (residual[k] / scale) ** 2);
    weights[k] = near * near;
  }
  return weights;
}

export function difference(values, others) {
  const apart = new Float64Array(values.length);
  for (let k = 0; k < apart.length; k += 1) apart[k] = values[k] - others[k];
  return apart;
}
