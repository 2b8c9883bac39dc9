// The panel for photos: dropped, pasted, chosen or taken; boxes, crops, and the text to take away.

import { patiently } from "./again.js";
import * as api from "./api.js";
import { takePicture } from "./camera.js";
import { drawBoxes, drawLevels, drawPart, upright } from "./draw.js";
import { digitsOf, element, percent, toggles } from "./elements.js";
import { bitmapOf } from "./exif.js";
import * as inside from "./inside.js";
import { copy, csvOf, jsonOf, save } from "./save.js";

const note = element("photo-note"); // what is read of the picture
const dropNote = element("drop-note"); // what was no picture
// { name, reading, view, others }, view: the picture upright, null where it is not shown; others: how
// many pictures came with it
let latest = null;
let asked = 0; // counts the photos: the newest one's answer is shown

for (const id of ["file", "camera-file"]) {
  element(id).addEventListener("change", ({ target }) => {
    if (target.files.length) readPhoto(target.files);
    target.value = "";
  });
}
element("camera").addEventListener("click", async () => {
  dropNote.textContent = "";
  try {
    const picture = await takePicture();
    if (picture) await readPhoto([picture]);
  } catch (error) {
    dropNote.textContent = error.message;
  }
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    element("drop").classList.toggle("over", name === "dragenter" || name === "dragover");
  });
}
document.addEventListener("drop", ({ dataTransfer }) => {
  if (dataTransfer.files.length) readPhoto(dataTransfer.files);
  else dropNote.textContent = "Only a picture's file can be read; save the picture first.";
});
document.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) readPhoto(clipboardData.files);
  else dropNote.textContent = "There is no picture in the clipboard.";
});

async function readPhoto([file, ...others]) {
  asked += 1;
  const mine = asked;
  dropNote.textContent = "";
  note.textContent = "Reading …";
  const isWanted = () => mine === asked;
  const ask = () => findReadable(file).then(() => api.read(file));
  try {
    const reading = await patiently(ask, isWanted, ({ message }) => say(message));
    const shown = await bitmapOf(file).catch(() => null);
    if (!isWanted()) return;
    const view = shown && upright(shown, reading);
    latest = { name: nameOf(file), reading, view, others: others.length };
    show();
  } catch (error) {
    if (!isWanted()) return;
    const named = error.message.replace(/^The picture\b/, () => nameOf(file));
    say(named.replace(/\.$/, () => `${leftOut({}, others.length)}.`));
  }
}

function say(sentence) {
  element("photo").hidden = true;
  inside.hide("photo");
  note.textContent = sentence;
}

const nameOf = (file) => file.name || "photo";

// Else what is amiss with the file would be taken for the service's failure.
async function findReadable(file) {
  const name = nameOf(file);
  const first = file.slice(0, 1).arrayBuffer();
  const { byteLength } = await first.catch(() => {
    throw new Error(`${name} cannot be opened: it is a folder, or was changed or removed.`);
  });
  if (!byteLength) throw new Error(`${name} is empty: no readable picture.`);
}

const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

function lay({ turned, perhaps_turned: perhaps }) {
  if (perhaps !== turned) return `; the page may lie turned by ${perhaps}°`;
  return turned ? `, which lay turned by ${turned}°` : "";
}

function leftOut({ has_more_pages: hasMorePages }, others) {
  const pictures = others ? `of ${others + 1} pictures this is the first` : "";
  const pages = hasMorePages ? "of its pages this is the first" : "";
  const first = [pictures, pages].filter(Boolean).join(", ");
  return first && `; ${first}, and the others are not read`;
}

function show() {
  const { reading, view } = latest;
  const digits = digitsOf(reading);
  const turned = lay(reading);
  const found = digits.length
    ? `${counted(digits.length, "digit")} in ${counted(reading.lines.length, "line")}${turned}`
    : "No digit in this picture";
  const rest = leftOut(reading, latest.others);
  note.textContent = digits.length && !rest ? found : `${found}${rest}.`;
  element("taken-note").textContent = "";
  element("photo").hidden = false;
  element("view").hidden = !view;
  element("taken").hidden = !digits.length;
  element("text").value = reading.lines.map(textOf).join("\n");
  element("text").rows = Math.min(8, Math.max(1, reading.lines.length));
  if (view) drawBoxes(element("view"), view, digits);
  const press = toggles(element("crops"), digits.map(crop), choose);
  element("view").onclick = (event) => {
    const place = digitAt(event, digits);
    if (place < 0) return;
    press(place);
    choose(place);
  };
  inside.hide("photo");
}

// A line's digits, with the signs between where there are some.
const textOf = ({ text, written, signs }) =>
  signs.some((sign) => sign.text.trim()) ? written : text;

function choose(place) {
  element("taken-note").textContent = "";
  const digits = digitsOf(latest.reading);
  if (latest.view) drawBoxes(element("view"), latest.view, digits, digits[place]);
  inside.show(digits[place], "photo");
}

function crop(digit) {
  const part = document.createDocumentFragment();
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  if (latest.view) drawPart(canvas, latest.view, digit.box);
  else drawLevels(canvas, digit.image.flat(), 28, 28);
  const value = Object.assign(document.createElement("strong"), { textContent: digit.value });
  const share = document.createElement("span");
  share.className = digit.confidence < 0.8 ? "doubt" : "sure";
  share.textContent = percent(digit.confidence);
  part.append(canvas, value, " ", share);
  return part;
}

function digitAt({ offsetX, offsetY, target }, digits) {
  const scale = latest.reading.width / target.clientWidth;
  const [x, y] = [offsetX * scale, offsetY * scale];
  return digits.findIndex(
    ({ box: [left, top, width, height] }) =>
      x >= left && x <= left + width && y >= top && y <= top + height,
  );
}

element("copy").addEventListener("click", async () => {
  const isCopied = await copy(element("text"));
  element("taken-note").textContent = isCopied ? "Copied." : "Selected, for you to copy.";
});
element("csv").addEventListener("click", () => save(latest.name, csvOf(latest.reading), "csv"));
element("json").addEventListener("click", () => save(latest.name, jsonOf(latest.reading), "json"));
