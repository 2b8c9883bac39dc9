// Pixels onto canvases: levels 0 to 255, maps side by side, boxes over a picture, parts of it.

const LONGEST = 1200; // side of a picture as shown, in pixels
const LEAST = 480; // of it; on a smaller one values would hide the digits that they stand beside

export function drawLevels(canvas, levels, width, height) {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(greyImage(levels, width, height), 0, 0);
}

function greyImage(levels, width, height) {
  const image = new ImageData(width, height);
  levels.forEach((level, place) => {
    image.data.set([level, level, level, 255], 4 * place);
  });
  return image;
}

// Feature maps [C, h, w] in rows of up to `across`, a pixel apart.
export function drawMaps(canvas, { shape: [count, height, width], levels }, across = 16) {
  const rows = Math.ceil(count / across);
  canvas.width = Math.min(count, across) * (width + 1) - 1;
  canvas.height = rows * (height + 1) - 1;
  const context = canvas.getContext("2d");
  for (let map = 0; map < count; map += 1) {
    const start = map * width * height;
    const image = greyImage(levels.slice(start, start + width * height), width, height);
    const column = map % across;
    context.putImageData(image, column * (width + 1), Math.floor(map / across) * (height + 1));
  }
}

// A picture turned upright, as it was read, and how many times as large as it was.
export function upright({ bitmap, mirrored, quarters }, { width, height, turned }) {
  const longer = Math.max(width, height);
  const scale = Math.min(Math.max(LEAST, longer), LONGEST) / longer;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.translate(canvas.width / 2, canvas.height / 2);
  const turns = quarters - turned / 90;
  context.rotate((turns * Math.PI) / 2);
  if (mirrored) context.scale(-1, 1);
  const lies = turns % 2 !== 0;
  const [across, down] = lies ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
  context.drawImage(bitmap, -across / 2, -down / 2, across, down);
  return { picture: canvas, scale };
}

// The picture with a box around each digit, its value above it; the chosen one's filled.
export function drawBoxes(canvas, { picture, scale }, digits, chosen) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const thin = Math.max(2, canvas.width / 400);
  for (const digit of digits) {
    const [x, y, across, down] = digit.box.map((edge) => edge * scale);
    const colour = digit.confidence < 0.8 ? "#c62828" : "#0a7d32";
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = digit === chosen ? 2.5 * thin : thin;
    if (digit === chosen) {
      context.globalAlpha = 0.18;
      context.fillRect(x, y, across, down);
      context.globalAlpha = 1;
    }
    context.strokeRect(x, y, across, down);
    label(context, digit.value, x, y, down, canvas.width / 40);
  }
}

function label(context, value, x, y, down, least) {
  const size = Math.max(14, Math.min(0.5 * down, Math.max(28, least)));
  context.font = `bold ${size}px system-ui, sans-serif`;
  context.textBaseline = "bottom";
  context.lineWidth = size / 5;
  context.lineJoin = "round";
  context.strokeStyle = "#fff";
  const below = y + down + size + 2;
  // Above the box, below it, or within where it fills the picture's height.
  const isWithin = y <= size && below > context.canvas.height;
  const bottom = isWithin ? y + size + 4 : y > size ? y - 2 : below;
  const left = isWithin ? x + 4 : x;
  context.strokeText(value, left, bottom);
  context.fillText(value, left, bottom);
}

// The square of the picture around a box, a little larger, in `side` pixels.
export function drawPart(canvas, { picture, scale }, box, side = 112) {
  const [x, y, across, down] = box.map((edge) => edge * scale);
  const wide = 1.25 * Math.max(across, down);
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  const left = x + across / 2 - wide / 2;
  const top = y + down / 2 - wide / 2;
  context.drawImage(picture, left, top, wide, wide, 0, 0, side, side);
}
