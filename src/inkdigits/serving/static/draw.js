// Pixels onto canvases: levels 0 to 255, maps side by side, boxes over a picture.

export function drawLevels(canvas, levels, width, height) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  levels.forEach((level, place) => {
    image.data.set([level, level, level, 255], 4 * place);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Feature maps [C, h, w] in rows of up to `across`, a pixel apart.
export function drawMaps(canvas, { shape: [count, height, width], levels }, across = 16) {
  const rows = Math.ceil(count / across);
  canvas.width = Math.min(count, across) * (width + 1) - 1;
  canvas.height = rows * (height + 1) - 1;
  const context = canvas.getContext("2d");
  for (let map = 0; map < count; map += 1) {
    const image = new ImageData(width, height);
    for (let place = 0; place < width * height; place += 1) {
      const level = levels[map * width * height + place];
      image.data.set([level, level, level, 255], 4 * place);
    }
    const column = map % across;
    context.putImageData(image, column * (width + 1), Math.floor(map / across) * (height + 1));
  }
}

// A picture, turned as it was read, with its boxes and values.
export function drawReading(canvas, bitmap, reading) {
  const longest = 1200;
  const scale = Math.min(1, longest / Math.max(reading.width, reading.height));
  canvas.width = Math.round(reading.width * scale);
  canvas.height = Math.round(reading.height * scale);
  const context = canvas.getContext("2d");
  context.save();
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((-reading.turned * Math.PI) / 180);
  const lying = reading.turned % 180 !== 0;
  const [width, height] = lying ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
  context.drawImage(bitmap, -width / 2, -height / 2, width, height);
  context.restore();
  for (const { digits } of reading.lines) {
    for (const { value, confidence, box } of digits) {
      const [x, y, across, down] = box.map((edge) => edge * scale);
      const colour = confidence < 0.8 ? "#c62828" : "#0a7d32";
      const size = Math.max(14, Math.min(0.5 * down, 40));
      context.lineWidth = Math.max(2, canvas.width / 400);
      context.strokeStyle = colour;
      context.strokeRect(x, y, across, down);
      context.font = `bold ${size}px system-ui, sans-serif`;
      context.textBaseline = "bottom";
      context.lineWidth = 4;
      context.strokeStyle = "#fff";
      const top = y > size ? y - 2 : y + down + size + 2;
      context.strokeText(value, x, top);
      context.fillStyle = colour;
      context.fillText(value, x, top);
    }
  }
}
