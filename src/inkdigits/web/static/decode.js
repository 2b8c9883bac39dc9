// Pictures become pixels as Python's images/decode.py has them: upright, opaque, of bounded size.
// The browser decodes; what it says of each pixel is reduced here, as Pillow reduces.

import { Plane, rint } from "./arrays.js";
import { bitmapOf } from "./exif.js";
import { reduceTo8Bits } from "./resize.js";

const MAX_PIXELS = 64_000_000; // of a picture as it is stored
const WORKING_PIXELS = 2_000_000; // larger pictures are reduced to about so many
const STRIP_PIXELS = 1_000_000; // at once; phones' browsers have no canvas as large as a photo
const FORMATS = [
  [/^%PDF/, "PDF"],
  [/^(II\*\0|MM\0\*)/, "TIFF"],
  [/^....ftyp(hei|hev|mif1|msf1)/s, "HEIC"],
]; // that few browsers decode and Python does, by how their files begin
const DARK = 160; // levels of 255: what is lighter and transparent around is laid on black

// A picture file's `channels`, one or three planes of bytes, and its `size`, [height, width],
// before it was reduced. Raises an Error with a sentence.
export async function decode(file) {
  const { bitmap, mirrored, quarters } = await bitmapOf(file, {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  }).catch(async () => {
    throw new Error(`The picture is no readable picture (${await reason(file)}).`);
  });
  const lies = quarters % 2 === 1;
  const [width, height] = lies ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
  try {
    if (width * height > MAX_PIXELS) {
      throw new Error(
        `The picture has ${width}x${height} pixels; the limit is ${MAX_PIXELS} pixels.`,
      );
    }
    const share = Math.min(1, Math.sqrt(WORKING_PIXELS / (width * height)));
    const target = [Math.max(1, rint(height * share)), Math.max(1, rint(width * share))];
    const factor = (await isJpeg(file)) ? draftFactor(height / target[0], width / target[1]) : 1;
    const planes = pixelsOf(bitmap, factor)
      .map((plane) => (mirrored ? plane.mirrored() : plane))
      .map((plane) => plane.turned((4 - quarters) % 4));
    const channels = withoutColours(opaque(planes));
    const isLarge = channels[0].height !== target[0] || channels[0].width !== target[1];
    const reduced = channels.map((plane) => (isLarge ? reduceTo8Bits(plane, ...target) : plane));
    return { channels: reduced, size: [height, width] };
  } finally {
    bitmap.close();
  }
}

// A browser does not say whether it does not know a format or the file is damaged.
async function reason(file) {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const [, format] = FORMATS.find(([pattern]) => pattern.test(head)) ?? [];
  return format ? `this browser shows no ${format}` : "unknown or damaged format";
}

const isJpeg = async (file) => {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0xff && second === 0xd8;
};

// Pillow decodes a JPEG at a half, quarter or eighth where that suffices.
function draftFactor(down, across) {
  return [8, 4, 2, 1].find((step) => Math.min(Math.trunc(down), Math.trunc(across)) >= step);
}

// Red, green, blue and opacity, a plane each: means of blocks of `factor` pixels a side.
function pixelsOf(bitmap, factor) {
  const { width, height } = bitmap;
  const [rows, columns] = [Math.ceil(height / factor), Math.ceil(width / factor)];
  const planes = [0, 1, 2, 3].map(() => new Plane(rows, columns, new Uint8Array(rows * columns)));
  const strip = Math.min(rows, Math.max(1, Math.trunc(STRIP_PIXELS / (width * factor))));
  const context = new OffscreenCanvas(width, strip * factor).getContext("2d", {
    willReadFrequently: true,
  });
  for (let row = 0; row < rows; row += strip) {
    const high = Math.min(strip * factor, height - row * factor);
    context.clearRect(0, 0, width, high);
    context.drawImage(bitmap, 0, -row * factor);
    const { data } = context.getImageData(0, 0, width, high);
    planes.forEach((plane, channel) => {
      const part = plane.data.subarray(row * columns);
      if (factor === 1) copyChannel(data, channel, part);
      else meansOfBlocks(data, channel, part, { width, high, columns, factor });
    });
  }
  return planes;
}

function copyChannel(data, channel, part) {
  for (let from = channel, to = 0; from < data.length; from += 4, to += 1) part[to] = data[from];
}

// The last blocks are those of what there is.
function meansOfBlocks(data, channel, part, { width, high, columns, factor }) {
  const totals = new Int32Array(columns);
  for (let top = 0; top < high; top += factor) {
    const bottom = Math.min(high, top + factor);
    totals.fill(0);
    for (let row = top; row < bottom; row += 1) {
      let from = 4 * row * width + channel;
      const end = from + 4 * width;
      for (let column = 0; column < columns; column += 1) {
        const next = Math.min(end, from + 4 * factor);
        for (; from < next; from += 4) totals[column] += data[from];
      }
    }
    const start = (top / factor) * columns;
    for (let column = 0; column < columns; column += 1) {
      const wide = Math.min(factor, width - column * factor);
      part[start + column] = totals[column] / (wide * (bottom - top)) + 0.5;
    }
  }
}

// Nothing transparent: laid on white paper, on black where what can be seen is light.
function opaque([red, green, blue, opacity]) {
  const colours = [red, green, blue];
  if (isOpaque(opacity.data)) return colours;
  let [lightness, total] = [0, 0];
  opacity.data.forEach((share, place) => {
    const level = 0.299 * red.data[place] + 0.587 * green.data[place] + 0.114 * blue.data[place];
    lightness += level * share;
    total += share;
  });
  const paper = lightness / Math.max(total, 1) < DARK ? 255 : 0;
  return colours.map((plane) =>
    plane.map(Uint8Array, (level, place) => {
      const share = opacity.data[place] / 255;
      return rint(level * share + paper * (1 - share));
    }),
  );
}

function isOpaque(levels) {
  for (let place = 0; place < levels.length; place += 1) if (levels[place] < 255) return false;
  return true;
}

// One channel of a picture in which all three are the same.
function withoutColours([red, green, blue]) {
  for (let place = 0; place < red.data.length; place += 1) {
    const level = red.data[place];
    if (level !== green.data[place] || level !== blue.data[place]) return [red, green, blue];
  }
  return [red];
}
