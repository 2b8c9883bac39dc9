// Grey pixels as a BMP file, made at once: canvas.toBlob waits until the page has nothing else to do,
// which while somebody draws may take half a second.

const HEAD = 54; // bytes of both headers
const COLOURS = 256;

// Of { width, height, data } as a canvas gives it, the red of each pixel.
export function bitmap({ width, height, data }) {
  const row = 4 * Math.ceil(width / 4); // rows fill whole words, the lowest comes first
  const start = HEAD + 4 * COLOURS;
  const bytes = new Uint8Array(start + row * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]); // "BM"
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, start, true);
  view.setUint32(14, 40, true); // bytes of the second header
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true); // planes
  view.setUint16(28, 8, true); // bits a pixel
  view.setUint32(46, COLOURS, true);
  for (let level = 0; level < COLOURS; level += 1) {
    bytes.set([level, level, level, 0], HEAD + 4 * level);
  }
  for (let y = 0; y < height; y += 1) {
    const to = start + row * (height - 1 - y);
    for (let x = 0; x < width; x += 1) bytes[to + x] = data[4 * (y * width + x)];
  }
  return new Blob([bytes], { type: "image/bmp" });
}
