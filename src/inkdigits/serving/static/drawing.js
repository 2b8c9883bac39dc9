// The panel to draw in: what is on the pad is read while it is drawn.

import { patiently } from "./again.js";
import * as api from "./api.js";
import { digitsOf, element, percent, toggles } from "./elements.js";
import * as inside from "./inside.js";
import { KeyPen } from "./keypen.js";
import { Pad } from "./pad.js";

const UNSURE = 0.5; // a digit of less confidence shows as ?
const LATE_MS = 1000; // after which the page says that it waits

const pad = new Pad(element("pad"), Number(element("pen").value));
new KeyPen(pad, element("mark"), (words) => {
  element("pen-note").textContent = words;
});
const bars = Array.from({ length: 10 }, (_, digit) => {
  const row = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { textContent: digit });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", `Probability of ${digit}`);
  const share = document.createElement("span");
  row.append(name, bar, share);
  element("bars").append(row);
  return { row, bar, share };
});
let drawn = 0; // counts the changes of the drawing
pad.canvas.dataset.drawn = element("value").dataset.answers = drawn;
let isReading = false; // one question at a time; what is drawn meanwhile is asked next

pad.addEventListener("change", () => {
  enable(element("undo"), pad.canUndo);
  enable(element("clear"), !pad.isEmpty);
  element("hint").hidden = !pad.isEmpty;
  drawn += 1;
  pad.canvas.dataset.drawn = drawn;
  readDrawing();
});
// The focus would be lost with its button.
function enable(button, isEnabled) {
  if (!isEnabled && document.activeElement === button) pad.canvas.focus({ preventScroll: true });
  button.disabled = !isEnabled;
}
element("undo").addEventListener("click", () => pad.undo());
element("clear").addEventListener("click", () => pad.clear());
const takeWidth = () => {
  pad.width = Number(element("pen").value);
};
element("pen").addEventListener("input", takeWidth);
addEventListener("pageshow", takeWidth); // browsers set it as it was when the page was left
pad.canvas.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" || key === "Delete") pad.clear();
});
document.addEventListener("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
  if (!isUndo || event.shiftKey || !pad.canUndo || event.target.matches?.("textarea")) return;
  event.preventDefault();
  pad.undo();
});

async function readDrawing() {
  if (isReading) return;
  isReading = true;
  let asked;
  do {
    asked = drawn;
    const late = setTimeout(() => (element("drawn-note").textContent = "Reading …"), LATE_MS);
    await readOnce(asked).catch(say);
    clearTimeout(late);
    element("value").dataset.answers = asked; // the drawing that is shown, for whoever waits
  } while (asked !== drawn);
  isReading = false;
}

function say({ message }) {
  show(null);
  element("drawn-note").textContent = message;
}

async function readOnce(asked) {
  if (pad.isEmpty) {
    show(null);
    return;
  }
  const picture = pad.picture();
  const isWanted = () => asked === drawn;
  const read = (options) => patiently(() => api.read(picture, options), isWanted, say);
  const reading = await read();
  const isRefused = !digitsOf(reading).length;
  // What was refused is looked at all the same, so that the page can say how little it is; what is
  // still being drawn is asked about anew instead.
  if (isRefused && asked !== drawn) return;
  const seen = isRefused ? await read({ single: true }) : reading;
  if (!pad.isEmpty) show(seen, isRefused);
}

// A line's digits and the signs between, `?` for a digit that is unsure.
function textOf({ digits, signs }) {
  const parts = digits.map(({ value, confidence }, place) => {
    const sign = signs.find(({ after }) => after === place)?.text.trim() ?? "";
    return `${sign}${confidence < UNSURE ? "?" : value}`;
  });
  return parts.join("");
}

function show(reading, isRefused = false) {
  const digits = reading ? digitsOf(reading) : [];
  const text = reading?.lines.map(textOf).join(" ");
  const value = element("value");
  value.textContent = !reading ? "" : isRefused ? "?" : text || "?";
  value.style.setProperty("--length", value.textContent.length || 1);
  element("drawn-note").textContent = isRefused ? "This is no digit that I know." : "";
  const select = toggles(
    element("drawn-digits"),
    digits.length > 1 ? digits.map((digit) => document.createTextNode(digit.value)) : [],
    (place) => showOne(digits[place], isRefused),
  );
  element("drawn-digits").hidden = digits.length < 2;
  select(digits.length - 1);
  showOne(digits.at(-1), isRefused);
}

function showOne(digit, isRefused) {
  const shares = digit?.probabilities ?? new Array(10).fill(0);
  const best = Math.max(...shares);
  bars.forEach(({ row, bar, share }, value) => {
    bar.value = shares[value];
    share.textContent = digit ? percent(shares[value]) : "";
    row.classList.toggle("best", Boolean(digit) && !isRefused && shares[value] === best);
  });
  if (digit) inside.show(digit, "drawing", isRefused);
  else inside.hide("drawing");
}
