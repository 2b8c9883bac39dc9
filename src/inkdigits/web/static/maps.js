// Maps of one image as convolution by vectors leaves them: all channels of a place side by side. The
// next one takes them as they are, and does not lay them out again.

import { size } from "./tensors.js";

// A tensor [1, C, H, W]. Of its `numbers` those of a place begin `step` behind those of the place to
// its left, and `line` behind those of the one above; what lies between them says nothing.
export class Maps {
  #inOrder = null;

  constructor(shape, numbers, step, line) {
    Object.assign(this, { shape, numbers, step, line });
  }

  // The same apart from an array that others write to.
  kept() {
    return new Maps(this.shape, this.numbers.slice(), this.step, this.line);
  }

  // The numbers as a tensor has them, map by map.
  get data() {
    this.#inOrder ??= this.#mapByMap();
    return this.#inOrder;
  }

  #mapByMap() {
    const { numbers, step, line } = this;
    const [, channels, height, width] = this.shape;
    const data = new Float32Array(size(this.shape));
    for (let channel = 0, to = 0; channel < channels; channel += 1) {
      for (let row = 0; row < height; row += 1) {
        let from = row * line + channel;
        for (let column = 0; column < width; column += 1, from += step, to += 1)
          data[to] = numbers[from];
      }
    }
    return data;
  }

  // Put the channels of all places into `numbers` from `to` on, without gaps within a row; rows begin
  // `line` behind each other.
  copy(numbers, to, line) {
    const [, channels, height, width] = this.shape;
    const isDense = this.step === channels;
    const [pieces, length] = isDense ? [1, width * channels] : [width, channels];
    for (let row = 0; row < height; row += 1) {
      for (let piece = 0; piece < pieces; piece += 1) {
        const from = row * this.line + piece * this.step;
        const own = this.numbers.subarray(from, from + length);
        numbers.set(own, to + row * line + piece * length);
      }
    }
  }
}
