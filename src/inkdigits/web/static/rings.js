// Circles drawn around digits, of marked answers and numbered items, and the rims of other drawings,
// such as of faces, which would be read as zeros, as Python's recognition/rings.py finds them.

const DIGIT = 0.5; // the probability of what is inside
const FILLING = 0.35; // its height, as a share of the circle's
const ALIKE = 1.33; // circles on one page differ by no more
const PART = 0.08; // its height again, of several things within a rim
const PARTS = 2; // as many; a zero may have a dot

// All but what is around a digit, and digits that are around several things. Around a 1 it may be a
// zero with a stroke through it; it is a circle where what is around another digit is of its size.
export function withoutRings(singles) {
  const digits = singles.filter(isDigit);
  const found = singles.map(({ box }) => within(digits, box, FILLING));
  const sizes = singles
    .filter((_, place) => found[place].some(({ value }) => value !== 1))
    .map(({ box }) => box.size);
  return singles.filter((single, place) => {
    if (isDigit(single) && within(singles, single.box, PART).length >= PARTS) return false;
    return !found[place].length || !sizes.some((size) => areAlike(single.box.size, size));
  });
}

const isDigit = ({ confidence }) => confidence > DIGIT;

// Which lie within a box and have more than a share of its height.
const within = (singles, other, share) =>
  singles.filter(
    ({ box }) =>
      box.top > other.top &&
      box.left > other.left &&
      box.bottom < other.bottom &&
      box.right < other.right &&
      box.height > share * other.height,
  );

const areAlike = (one, other) => Math.max(one, other) < ALIKE * Math.min(one, other);
