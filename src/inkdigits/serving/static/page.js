// The page: what is drawn or dropped is read by the service, and shown.

import * as api from "./api.js";
import { drawLevels, drawMaps, drawReading } from "./draw.js";
import { Pad } from "./pad.js";

const element = (id) => document.getElementById(id);
const UNSURE = 0.5; // a digit of less confidence shows as ?

// --- drawing ---

const pad = new Pad(element("pad"), Number(element("pen").value));
const bars = Array.from({ length: 10 }, (_, digit) => {
  const row = document.createElement("li");
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", `Probability of ${digit}`);
  const share = document.createElement("span");
  row.append(String(digit), bar, share);
  element("bars").append(row);
  return { row, bar, share };
});
let drawn = 0; // counts the changes of the drawing
let isReading = false; // one question at a time; what is drawn meanwhile is asked next

pad.addEventListener("change", () => {
  element("undo").disabled = element("clear").disabled = pad.isEmpty;
  drawn += 1;
  readDrawing();
});
element("undo").addEventListener("click", () => pad.undo());
element("clear").addEventListener("click", () => pad.clear());
element("pen").addEventListener("input", ({ target }) => {
  pad.width = Number(target.value);
});
document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("textarea, input")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !pad.isEmpty) {
    event.preventDefault();
    pad.undo();
  } else if (event.key === "Escape" || event.key === "Delete") {
    pad.clear();
  }
});

async function readDrawing() {
  if (isReading) return;
  isReading = true;
  let asked;
  do {
    asked = drawn;
    await readOnce(asked).catch((error) => {
      showDrawing(null);
      element("drawn-note").textContent = error.message;
    });
  } while (asked !== drawn);
  isReading = false;
}

async function readOnce(asked, tries = 5) {
  if (pad.isEmpty) {
    showDrawing(null);
    return;
  }
  try {
    const reading = await api.read(await pad.blob());
    if (!pad.isEmpty) showDrawing(reading);
  } catch (error) {
    // Busy, or a connection that was just closed: asked again while nothing newer is drawn.
    if (!error.isPassing || tries <= 1 || asked !== drawn) throw error;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await readOnce(asked, tries - 1);
  }
}

function showDrawing(reading) {
  const digits = reading ? reading.lines.flatMap((line) => line.digits) : [];
  const text = reading?.lines
    .map((line) => line.digits.map((d) => (d.confidence < UNSURE ? "?" : d.value)).join(""))
    .join(" ");
  element("value").textContent = reading ? text || "?" : "";
  element("drawn-note").textContent = reading && !digits.length ? "This is no digit that I know." : "";
  const last = digits.at(-1);
  const shares = last?.probabilities ?? new Array(10).fill(0);
  const best = Math.max(...shares);
  bars.forEach(({ row, bar, share }, digit) => {
    bar.value = shares[digit];
    share.textContent = last ? `${(100 * shares[digit]).toFixed(1)}%` : "";
    row.classList.toggle("best", Boolean(last) && shares[digit] === best);
  });
  element("inside").hidden = !last;
  if (last) showInside(last);
}

async function showInside(digit) {
  drawLevels(element("seen"), digit.image.flat(), 28, 28);
  const number = drawn;
  const answer = await api.stages(digit.image).catch(() => ({ stages: [] }));
  if (number !== drawn) return;
  const figures = answer.stages.map((maps, place) => {
    const figure = document.createElement("figure");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    const [count, height, width] = maps.shape;
    const text = `Stage ${place + 1}: ${count} maps of ${width} × ${height}`;
    canvas.setAttribute("aria-label", text);
    const caption = document.createElement("figcaption");
    caption.textContent = text;
    drawMaps(canvas, maps);
    figure.append(canvas, caption);
    return figure;
  });
  element("stages").replaceChildren(...figures);
}

// --- photos ---

let latest = null; // { name, reading }

for (const id of ["file", "camera"]) {
  element(id).addEventListener("change", ({ target }) => {
    if (target.files.length) readPhoto(target.files[0]);
    target.value = "";
  });
}
const drop = element("drop");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.remove("over");
  });
}
document.addEventListener("drop", ({ dataTransfer }) => {
  if (dataTransfer.files.length) readPhoto(dataTransfer.files[0]);
});
document.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) readPhoto(clipboardData.files[0]);
});

async function readPhoto(file) {
  const note = element("photo-note");
  note.textContent = "Reading …";
  try {
    const reading = await api.read(file);
    latest = { name: file.name || "photo", reading };
    await showPhoto(file, reading);
  } catch (error) {
    element("photo").hidden = true;
    note.textContent = error.message;
  }
}

const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

async function showPhoto(file, reading) {
  const digits = reading.lines.flatMap((line) => line.digits);
  const turned = reading.turned ? `, which lay turned by ${reading.turned}°` : "";
  element("photo-note").textContent = digits.length
    ? `${counted(digits.length, "digit")} in ${counted(reading.lines.length, "line")}${turned}`
    : "No digit in this picture.";
  const bitmap = await createImageBitmap(file).catch(() => null);
  element("photo").hidden = false;
  element("view").hidden = !bitmap;
  if (bitmap) drawReading(element("view"), bitmap, reading);
  element("text").value = reading.text;
  element("crops").replaceChildren(
    ...digits.map((digit) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `Read as ${digit.value}`);
      drawLevels(canvas, digit.image.flat(), 28, 28);
      const label = document.createElement("span");
      label.className = digit.confidence < 0.8 ? "doubt" : "sure";
      label.textContent = `${digit.value} · ${(100 * digit.confidence).toFixed(1)}%`;
      item.append(canvas, label);
      return item;
    }),
  );
}

element("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(element("text").value);
  element("photo-note").textContent = "Copied.";
});
element("csv").addEventListener("click", () => {
  const rows = latest.reading.lines.flatMap(({ digits }, line) =>
    digits.map((d, place) => [line + 1, place + 1, d.value, d.confidence.toFixed(4), ...d.box]),
  );
  const head = ["line", "place", "value", "confidence", "x", "y", "width", "height"];
  save([head, ...rows].map((row) => row.join(",")).join("\n") + "\n", "text/csv", "csv");
});
element("json").addEventListener("click", () => {
  save(JSON.stringify(latest.reading, null, 2), "application/json", "json");
});

function save(content, type, suffix) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = `${latest.name.replace(/\.[^.]*$/, "")}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
