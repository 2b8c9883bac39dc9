// Drawing by keys: arrows move a pen over the pad (two at once slantwise, with Shift finely), space
// or Enter sets it down and lifts it.

const STEP = 12; // of the canvas's pixels
const FINE = 3;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class KeyPen {
  #held = new Set();
  #isDown = false;

  // say: is told in words what the pen does.
  constructor(pad, mark, say) {
    this.pad = pad;
    this.mark = mark;
    this.say = say;
    this.x = pad.canvas.width / 2;
    this.y = pad.canvas.height / 4;
    pad.canvas.addEventListener("keydown", (event) => this.#press(event));
    pad.canvas.addEventListener("keyup", ({ key }) => this.#held.delete(key));
    pad.canvas.addEventListener("focus", () => {
      mark.hidden = !pad.canvas.matches(":focus-visible");
      this.#show();
    });
    pad.canvas.addEventListener("blur", () => this.#leave());
    pad.canvas.addEventListener("pointerdown", () => this.#leave(), true); // before the pad
    pad.addEventListener("change", () => this.#follow());
  }

  get #point() {
    return { x: this.x, y: this.y, width: this.pad.width };
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isSwitch = event.key === " " || event.key === "Enter";
    if (!isSwitch && !(event.key in WAYS)) return;
    event.preventDefault();
    this.mark.hidden = false;
    if (isSwitch) {
      if (!event.repeat) this.#switch();
    } else {
      this.#held.add(event.key);
      this.#move(event.shiftKey ? FINE : STEP);
    }
    this.#show();
  }

  #switch() {
    if (this.#isDown) {
      this.#lift();
    } else if (!this.pad.current) {
      this.#isDown = true;
      this.pad.begin(this.#point, this);
      this.say("Pen down.");
    }
  }

  #move(step) {
    const { width, height } = this.pad.canvas;
    for (const key of this.#held) {
      this.x = Math.min(width, Math.max(0, this.x + step * WAYS[key][0]));
      this.y = Math.min(height, Math.max(0, this.y + step * WAYS[key][1]));
    }
    if (this.#isDown) this.pad.extend([this.#point]);
  }

  #lift() {
    this.#isDown = false;
    if (this.pad.current?.pointer === this) this.pad.end();
    this.say("Pen lifted.");
  }

  #leave() {
    this.#held.clear();
    if (this.#isDown) this.#lift();
    this.mark.hidden = true;
  }

  // Undone or cleared while it was down: there is no stroke any longer that it could go on with.
  #follow() {
    if (this.#isDown && this.pad.current?.pointer !== this) this.#lift();
    this.#show();
  }

  #show() {
    const { width, height } = this.pad.canvas;
    this.mark.style.left = `${(100 * this.x) / width}%`;
    this.mark.style.top = `${(100 * this.y) / height}%`;
    this.mark.classList.toggle("down", this.#isDown);
  }
}
