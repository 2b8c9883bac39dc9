// A ready crop, one digit, read otherwise where what is ink and what is its own is in doubt, as
// Python's recognition/doubtful.py reads it.

import { extremes } from "./arrays.js";
import {
  isDoubtful,
  normalizeBoxed,
  normalizeCentral,
  normalizeClose,
  normalizeCrop,
} from "./crops.js";

// How it may be normalised, too; the probability of a digit and that one, below which that is tried;
// and what it must be then.
const WAYS = [
  { normalized: (crop) => normalizeClose(crop, true), below: 0.98, least: 0.95 },
  { normalized: (crop) => normalizeClose(crop, false), below: 0.98, least: 0.95 },
  { normalized: (crop) => normalizeBoxed(crop, true), below: 0.98, least: 0.5 },
  { normalized: (crop) => normalizeBoxed(crop, false), below: 0.98, least: 0.5 },
  { normalized: normalizeCentral, below: 0.8, least: 0.95 },
];

// A crop, a plane of bytes, dark on light or light on dark: its normalised `image`, the network's
// `scores` of that, and the ten probabilities of a digit and that one, `joint`.
export function readCrop(crop, network) {
  const looked = (image) => {
    const scores = network.score(image);
    const joint = scores.probabilities.map((share) => share * scores.digit);
    return { image, scores, joint, sure: extremes(joint)[1] };
  };
  let best = looked(normalizeCrop(crop));
  const ways = isDoubtful(crop) ? WAYS : [];
  for (const { normalized, below, least } of ways) {
    if (best.sure >= below) continue;
    const other = looked(normalized(crop));
    if (other.sure > Math.max(least, best.sure)) best = other;
  }
  return best;
}
