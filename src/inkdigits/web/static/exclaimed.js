// Exclamation and question marks, whose upper parts pass for a 1, a 2 or a 7, as Python's
// recognition/exclaimed.py tells them.

import { mean, rint } from "./arrays.js";
import { marksBeside } from "./beside.js";

const LIKE = [1, 2, 7]; // digits that they look like
// Shares of the height of the digits beside it:
const ENDS = 0.1; // above their foot, at least
const HIGH = 0.45; // from there to its top, at least
const END = 0.12; // of it, that is its end
const DOT = 0.42; // longer side of the dot, at most
const ASIDE = 0.2; // from the middle of the dot to that of its end, at most
const FOOT = 0.2; // from the foot of the dot to theirs, at most

// Those of a line's two or more digits that are such marks. `usual` has of each the box of the digits
// beside it, `height` is a typical digit's.
export function exclaimed(page, digits, usual, height) {
  const perhaps = digits.filter(({ value, box }, place) => {
    const beside = usual[place];
    const isHigh = beside.bottom - box.bottom >= ENDS * beside.height;
    return LIKE.includes(value) && box.height >= HIGH * beside.height && isHigh;
  });
  if (!perhaps.length) return new Set();
  // The dot may have passed for a part of some digit.
  const pieces = digits.flatMap((digit) => digit.pieces);
  const large = pieces.filter(({ box }) => box.size > DOT * height);
  const taken = new Set(large.map(({ label }) => label));
  const marks = large.length ? marksBeside(page, large, height, taken) : [];
  return new Set(
    perhaps.filter((digit) => hasDot(page, digit, usual[digits.indexOf(digit)], marks)),
  );
}

function hasDot({ labels }, { box, pieces }, beside, marks) {
  const high = beside.height;
  const own = new Set(pieces.map(({ label }) => label));
  const top = box.bottom - Math.max(1, rint(END * high));
  const end = labels.cut(top, box.left, box.bottom, box.right);
  const inked = [...end.data.keys()].filter((at) => own.has(end.data[at]));
  if (!inked.length) return false;
  const middle = box.left + mean(inked.map((at) => at % end.width));
  return marks.some(
    (mark) =>
      mark.box.size <= DOT * high &&
      mark.box.top >= box.bottom - 1 &&
      Math.abs(mark.box.bottom - beside.bottom) <= FOOT * high &&
      Math.abs((mark.box.left + mark.box.right - 1) / 2 - middle) <= ASIDE * high,
  );
}
