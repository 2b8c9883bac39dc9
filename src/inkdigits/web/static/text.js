// What is text although some of its letters look like digits, as Python's recognition/text.py tells.

import { sum } from "./arrays.js";
import { isLetter, wordsOf } from "./marks.js";

const LETTERS = 3; // in words that are digits in part, at least
const AMONG = 0.5; // of all digits, those in such words, at least
const BESIDE = 0.6; // of these, the letters beside them, at least
const LOOSE = 0.5; // of the letters, those that are no sign between two digits, at least

// Whether most digits are letters of words, which are digits in part, in one of them by turns.
export function areText(lines) {
  const mixed = lines.flatMap(ofWords).filter((areDigits) => new Set(areDigits).size > 1);
  const digits = mixed.flat().filter(Boolean).length;
  const letters = mixed.flat().length - digits;
  const ofPage = sum(lines.map((line) => line.digits.length));
  return (
    mixed.some((areDigits) => turnsOf(areDigits) > 1) &&
    letters >= Math.max(LETTERS, BESIDE * digits) &&
    digits >= AMONG * ofPage &&
    letters - sum(mixed.map(signsOf)) >= LOOSE * letters
  );
}

// For each word of a line, which of its digits and letters are digits. Bars above each other are one
// sign.
function ofWords(line) {
  const isDigit = (mark) => line.digits.includes(mark);
  return wordsOf(line).map((word) => {
    const marks = word.filter((mark) => isDigit(mark) || isLetter(mark));
    const counts = (mark, at) => isDigit(mark) || !at || mark.box.column > marks[at - 1].box.right;
    return marks.filter(counts).map(isDigit);
  });
}

// How often letters follow digits in a word, or digits letters.
const turnsOf = (areDigits) =>
  areDigits.slice(1).filter((isDigit, before) => isDigit !== areDigits[before]).length;

// How many letters of a word stand alone between two digits.
const signsOf = (areDigits) =>
  areDigits.filter((isDigit, at) => !isDigit && areDigits[at - 1] && areDigits[at + 1]).length;
