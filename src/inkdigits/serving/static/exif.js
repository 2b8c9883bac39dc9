// How a picture lies by its own note (EXIF). Browsers turn JPEG, PNG and AVIF by it, and leave WebP
// as it is stored.

const [RIFF, WEBP, EXIF, EXIF_NAME] = ["RIFF", "WEBP", "EXIF", "Exif"].map((name) =>
  [...name].reduce((sum, letter) => 256 * sum + letter.charCodeAt(0), 0),
);
const LITTLE_ENDIAN = 0x4949; // "II"
const ORIENTATION = 0x0112;
// By EXIF's numbers: whether it is to be mirrored first, then by how many quarters turned clockwise.
const WAYS = [
  [false, 0],
  [true, 0],
  [false, 2],
  [true, 2],
  [true, 3],
  [false, 1],
  [true, 1],
  [false, 3],
];

// A picture file's bitmap, and what is left to be done to it: { bitmap, mirrored, quarters }.
export async function bitmapOf(file, options = {}) {
  const orientation = await webpOrientation(file);
  const [mirrored, quarters] = WAYS[orientation - 1] ?? WAYS[0];
  // No browser is to turn it as well.
  const imageOrientation = mirrored || quarters ? "none" : "from-image";
  const bitmap = await createImageBitmap(file, { imageOrientation, ...options });
  return { bitmap, mirrored, quarters };
}

async function webpOrientation(file) {
  const head = await part(file, 0, 12);
  if (head.byteLength < 12 || head.getUint32(0) !== RIFF || head.getUint32(8) !== WEBP) return 1;
  for (let at = 12; at + 8 <= file.size; ) {
    const chunk = await part(file, at, 8);
    const length = chunk.getUint32(4, true);
    if (chunk.getUint32(0) === EXIF) return noted(await part(file, at + 8, length));
    at += 8 + length + (length % 2);
  }
  return 1;
}

const part = async (file, start, length) =>
  new DataView(await file.slice(start, start + length).arrayBuffer());

function noted(note) {
  try {
    const start = note.getUint32(0) === EXIF_NAME ? 6 : 0;
    const isLittle = note.getUint16(start) === LITTLE_ENDIAN;
    const entries = start + note.getUint32(start + 4, isLittle);
    const count = note.getUint16(entries, isLittle);
    for (let at = entries + 2; at < entries + 2 + 12 * count; at += 12) {
      if (note.getUint16(at, isLittle) === ORIENTATION) return note.getUint16(at + 8, isLittle);
    }
  } catch {
    // It ends before it should.
  }
  return 1;
}
