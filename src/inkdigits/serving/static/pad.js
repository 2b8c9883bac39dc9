// A drawing pad: strokes of pointer events, smoothed, with undo. Dark ink on white paper.

export class Pad extends EventTarget {
  constructor(canvas, width) {
    super();
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.width = width;
    this.strokes = [];
    this.current = null;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.#end(event));
    }
    this.redraw();
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  undo() {
    this.strokes.pop();
    this.#changed();
  }

  clear() {
    this.strokes = [];
    this.#changed();
  }

  // The drawing as a PNG.
  blob() {
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }

  redraw() {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (const stroke of this.strokes) this.#draw(stroke);
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const pen = event.pointerType === "pen" && event.pressure > 0;
    return {
      x: ((event.clientX - box.left) * this.canvas.width) / box.width,
      y: ((event.clientY - box.top) * this.canvas.height) / box.height,
      width: this.width * (pen ? 0.4 + 1.2 * event.pressure : 1),
    };
  }

  #begin(event) {
    if (event.button !== 0 || this.current) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.current = { pointer: event.pointerId, points: [this.#place(event)] };
    this.strokes.push(this.current);
    this.#changed();
  }

  #extend(event) {
    if (!this.current || event.pointerId !== this.current.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.current.points.push(this.#place(each));
    this.#changed();
  }

  #end(event) {
    if (!this.current || event.pointerId !== this.current.pointer) return;
    this.current = null;
    this.#changed();
  }

  #changed() {
    this.redraw();
    this.dispatchEvent(new Event("change"));
  }

  // Quadratic curves through the middles between points, so that corners are round.
  #draw({ points }) {
    const pen = this.context;
    pen.strokeStyle = pen.fillStyle = "#111";
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
