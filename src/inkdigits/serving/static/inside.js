// What the network sees of the digit that was chosen last, drawn or in a photo; and, where the
// service collects, the buttons that tell it what the digit really is.

import * as api from "./api.js";
import { drawLevels, drawMaps } from "./draw.js";
import { element, percent } from "./elements.js";

const QUIET_MS = 150; // what is still being drawn is not looked into, so that reading goes first

let shown = null; // { digit, source }
let timer = 0;

// source: the panel it comes from, which alone may hide it.
export function show(digit, source, isRefused = false) {
  shown = { digit, source };
  element("inside").hidden = false;
  element("read-as").textContent = isRefused
    ? "No digit that the network knows"
    : `Read as ${digit.value}, ${percent(digit.confidence)} sure`;
  element("correct-note").textContent = "";
  drawLevels(element("seen"), digit.image.flat(), 28, 28);
  clearTimeout(timer);
  timer = setTimeout(showStages, QUIET_MS, digit);
}

export function hide(source) {
  if (shown?.source !== source) return;
  shown = null;
  clearTimeout(timer);
  element("inside").hidden = true;
}

async function showStages(digit) {
  const { stages } = await api.stages(digit.image).catch(() => ({ stages: [] }));
  if (shown?.digit === digit) element("stages").replaceChildren(...stages.map(stageFigure));
}

function stageFigure(maps, place) {
  const figure = document.createElement("figure");
  const canvas = document.createElement("canvas");
  const [count, height, width] = maps.shape;
  const text = `Stage ${place + 1}: ${count} maps of ${width} × ${height}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text);
  drawMaps(canvas, maps);
  const caption = Object.assign(document.createElement("figcaption"), { textContent: text });
  figure.append(canvas, caption);
  return figure;
}

// --- corrections ---

const NONE = "none"; // in place of a value, for what is no digit

for (const value of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, NONE]) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.textContent = value === NONE ? "no digit" : value;
  button.addEventListener("click", () => correct(value));
  element("values").append(button);
}

async function correct(value) {
  const { digit } = shown;
  const said = await api.correct(value, digit.image).then(
    ({ file }) => `Kept as ${named(value)} in ${folderOf(file)}`,
    (error) => error.message,
  );
  if (shown?.digit === digit) element("correct-note").textContent = said;
}

function named(value) {
  if (value === NONE) return "no digit";
  return `${value === 8 ? "an" : "a"} ${value}`;
}

// The last two folders that a file lies in, of whatever system.
const folderOf = (file) => file.split(/[\\/]/).slice(-3, -1).join("/");

api.model().then(
  ({ collecting }) => {
    element("correct").hidden = !collecting;
  },
  () => {}, // the buttons stay away
);
