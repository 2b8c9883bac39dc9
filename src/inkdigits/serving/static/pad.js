// A drawing pad: strokes of pointer events, smoothed, with undo. Dark ink on white paper.

import { bitmap } from "./bitmap.js";

const INK = "#111";

export class Pad extends EventTarget {
  #past = []; // what was drawn before each stroke and each clearing

  constructor(canvas, width) {
    super();
    this.canvas = canvas;
    // Read back after every change: a canvas in memory, not on a graphics card, is quicker at it.
    this.context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.width = width;
    this.strokes = [];
    this.current = null;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.#up(event));
    }
    this.redraw();
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  // A stroke of points { x, y, width }; its pointer tells it from another one's.
  begin(point, pointer) {
    if (this.current) return;
    this.#past.push(this.strokes);
    this.current = { pointer, points: [point] };
    this.strokes = [...this.strokes, this.current];
    this.#changed();
  }

  extend(points) {
    this.current.points.push(...points);
    this.#changed();
  }

  // Nothing is drawn by it: the answer to the last move is the answer to the stroke.
  end() {
    this.current = null;
  }

  undo() {
    if (!this.canUndo) return;
    this.current = null;
    this.strokes = this.#past.pop();
    this.#changed();
  }

  clear() {
    if (this.isEmpty) return;
    this.current = null;
    this.#past.push(this.strokes);
    this.strokes = [];
    this.#changed();
  }

  // The drawing as a picture, a third as large: enough for 28 x 28 pixels a digit, and read in half
  // the time.
  picture() {
    const small = document.createElement("canvas");
    small.width = Math.round(this.canvas.width / 3);
    small.height = Math.round(this.canvas.height / 3);
    const context = small.getContext("2d", { alpha: false, willReadFrequently: true });
    context.imageSmoothingQuality = "medium"; // every pixel of the drawing counts
    context.drawImage(this.canvas, 0, 0, small.width, small.height);
    return bitmap(context.getImageData(0, 0, small.width, small.height));
  }

  redraw() {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (const stroke of this.strokes) this.#draw(stroke);
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    // A mouse says 0.5; so may a pen. A finger says 0 or 1 where there is nothing to feel with.
    const felt = event.pointerType === "touch" && event.pressure === 1 ? 0 : event.pressure;
    const wanted = this.width * (0.4 + 1.2 * (felt || 0.5));
    const before = this.current?.points.at(-1)?.width ?? wanted;
    return {
      x: ((event.clientX - box.left) * this.canvas.width) / box.width,
      y: ((event.clientY - box.top) * this.canvas.height) / box.height,
      width: 0.6 * before + 0.4 * wanted,
    };
  }

  #down(event) {
    if (event.button !== 0 || this.current) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.#place(event), event.pointerId);
  }

  #move(event) {
    if (this.current?.pointer !== event.pointerId) return;
    const events = event.getCoalescedEvents?.() ?? [];
    this.extend((events.length ? events : [event]).map((each) => this.#place(each)));
  }

  #up(event) {
    if (this.current?.pointer === event.pointerId) this.end();
  }

  #changed() {
    this.redraw();
    this.dispatchEvent(new Event("change"));
  }

  // Quadratic curves through the middles between points, so that corners are round.
  #draw({ points }) {
    const pen = this.context;
    pen.strokeStyle = pen.fillStyle = INK;
    pen.lineCap = pen.lineJoin = "round";
    if (points.length === 1) {
      pen.beginPath();
      pen.arc(points[0].x, points[0].y, points[0].width / 2, 0, 2 * Math.PI);
      pen.fill();
      return;
    }
    let from = points[0];
    for (let i = 1; i < points.length; i += 1) {
      const control = points[i - 1];
      const to =
        i === points.length - 1
          ? points[i]
          : { x: (control.x + points[i].x) / 2, y: (control.y + points[i].y) / 2 };
      pen.lineWidth = points[i].width;
      pen.beginPath();
      pen.moveTo(from.x, from.y);
      pen.quadraticCurveTo(control.x, control.y, to.x, to.y);
      pen.stroke();
      from = to;
    }
  }
}
