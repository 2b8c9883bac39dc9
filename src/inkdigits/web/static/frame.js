// A plain frame around a photo, such as the bars above and below it in a screen's picture, as
// Python's images/frame.py finds it.

const PLAIN = 8; // levels of 255 by which a frame's pixels differ at most
const MIXED = 1; // row beyond, in which frame and photo may be mixed
const EDGE = 0.7; // of the photo's outermost row, and of all of it, of another colour at least
const LEFT = 0.05; // of the picture's height and width, that the photo takes at least
const SMALLEST = 24; // pixels of the photo's shorter side, at least
const TALLEST = 2.5; // times as tall as wide, that a photo is at most; a 1 that is cut out is more
const STEP = 4; // rows and columns, of which one is looked at

export const NO_FRAME = [0, 0, 0, 0];

// How broad the plain frame around a photo is: above, left, below and right, in pixels of one or
// three planes of bytes.
export function frameOf(channels) {
  const [{ height, width }] = channels;
  const row = (top) => ({ top, left: 0, bottom: top + 1, right: width });
  const top = marginOf(channels, height, row);
  if (top === height) return NO_FRAME;
  const bottom = marginOf(channels, height, (line) => row(height - 1 - line));
  const column = (left) => ({ top, left, bottom: height - bottom, right: left + 1 });
  const left = marginOf(channels, width, column);
  const right = marginOf(channels, width, (line) => column(width - 1 - line));
  const inner = { top, left, bottom: height - bottom, right: width - right };
  const [high, wide] = [inner.bottom - top, inner.right - left];
  const isSmall = Math.min(high, wide) < SMALLEST || high > TALLEST * wide;
  if (isSmall || high < LEFT * height || wide < LEFT * width) return NO_FRAME;
  const outermost = [
    { ...inner, top: top + MIXED, bottom: top + MIXED + 1 },
    { ...inner, left: left + MIXED, right: left + MIXED + 1 },
    { ...inner, top: inner.bottom - 1 - MIXED, bottom: inner.bottom - MIXED },
    { ...inner, left: inner.right - 1 - MIXED, right: inner.right - MIXED },
  ];
  const firsts = [row(0), column(0), row(height - 1), column(width - 1)];
  return [top, left, bottom, right].map((margin, side) => {
    if (!margin) return 0;
    const colour = colourOf(channels, firsts[side]);
    const isFrame =
      otherShare(channels, outermost[side], colour) >= EDGE &&
      otherShare(channels, inner, colour, STEP) >= EDGE;
    return isFrame ? margin + 1 + MIXED : 0;
  });
}

// What of planes the frame leaves.
export function within(channels, [top, left, bottom, right]) {
  if (!(top || left || bottom || right)) return channels;
  return channels.map((channel) =>
    channel.cut(top, left, channel.height - bottom, channel.width - right),
  );
}

// The margins of the picture after so many quarter turns counterclockwise.
export const turnedMargins = (margins, quarters) =>
  margins.map((_, side) => margins[(side - quarters + 4) % 4]);

// How many of a picture's lines, boxes of one pixel across, are of the first one's colour.
function marginOf(channels, lines, boxOf) {
  const colour = colourOf(channels, boxOf(0));
  let line = 0;
  while (line < lines && !otherShare(channels, boxOf(line), colour)) line += 1;
  return line;
}

function colourOf(channels, { top, left }) {
  return channels.map(({ width, data }) => data[top * width + left]);
}

// The share of a box's pixels, of every `step`th row and column, that are of another colour.
function otherShare(channels, { top, left, bottom, right }, colour, step = 1) {
  const { width } = channels[0];
  let [others, all] = [0, 0];
  for (let row = top; row < bottom; row += step) {
    for (let column = left; column < right; column += step) {
      const place = row * width + column;
      const isOther = ({ data }, channel) => Math.abs(data[place] - colour[channel]) > PLAIN;
      others += Number(channels.some(isOther));
      all += 1;
    }
  }
  return others / all;
}
