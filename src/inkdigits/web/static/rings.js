// Circles drawn around digits, of marked answers and numbered items, which would be read as zeros, as
// Python's recognition/rings.py finds them.

const DIGIT = 0.5; // the probability of what is inside
const FILLING = 0.35; // its height, as a share of the circle's
const ALIKE = 1.33; // circles on one page differ by no more

// All but what is around a digit. Around a 1 it may be a zero with a stroke through it; it is a
// circle where what is around another digit is of its size.
export function withoutRings(singles) {
  const digits = singles.filter(({ confidence }) => confidence > DIGIT);
  const found = singles.map(({ box }) => digits.filter((digit) => isInside(digit.box, box)));
  const sizes = singles
    .filter((_, place) => found[place].some(({ value }) => value !== 1))
    .map(({ box }) => box.size);
  return singles.filter(
    ({ box }, place) =>
      !found[place].length || !sizes.some((size) => areAlike(box.size, size)),
  );
}

const isInside = (one, other) =>
  one.top > other.top &&
  one.left > other.left &&
  one.bottom < other.bottom &&
  one.right < other.right &&
  one.height > FILLING * other.height;

const areAlike = (one, other) => Math.max(one, other) < ALIKE * Math.min(one, other);
