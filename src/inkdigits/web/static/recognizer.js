// Reads digits from decoded pictures, as Python's recognition/recognizer.py does.

import { argmax, extremes } from "./arrays.js";
import { fallOf, placedBack, saysTheSame } from "./askew.js";
import { withoutBindings } from "./bindings.js";
import { isBetter, sharperPages } from "./blurred.js";
import { isNumber, isSurer } from "./certainty.js";
import { withoutClutter } from "./clutter.js";
import { findPieces } from "./components.js";
import { withoutCorners } from "./corners.js";
import { readCrop } from "./doubtful.js";
import { isEdge, withoutEdges } from "./edges.js";
import { fillingDigit, wholeDigit } from "./filling.js";
import { linesOfFragments } from "./fragments.js";
import { frameOf, turnedMargins, within } from "./frame.js";
import { findInk } from "./ink.js";
import { grey } from "./levels.js";
import { loneDigit } from "./lone.js";
import { DigitNetwork } from "./network.js";
import { normalize } from "./normalize.js";
import { wayUp, wayWithDigits } from "./orientation.js";
import { rounded, toJson } from "./reading.js";
import { numbersOnly } from "./refusal.js";
import { withoutRings } from "./rings.js";
import { withoutUnderlines } from "./rulings.js";
import { withoutScales } from "./scales.js";
import { candidates, readLine } from "./segmentation.js";
import { separated } from "./separation.js";
import { withSigns } from "./signs.js";
import { heightOfDigits, ofDigitsKind } from "./sizes.js";
import { straightened } from "./straight.js";
import { withoutStruck } from "./struck.js";
import { withoutTiles } from "./tiles.js";
import { TouchingNetwork } from "./touching.js";
import { areQuantities } from "./units.js";

const SHAPED = 0.8; // the probability of a digit, above which a light shape is one and no sheet
const UPSIDE_DOWN = 2; // quarter turns
const UPRIGHT = { quarters: 0, perhaps: 0 };

export class Recognizer {
  // `bytes` of an ONNX file, and of that of the network for digits that touch.
  constructor(bytes, touching) {
    this.network = new DigitNetwork(bytes);
    this.touching = new TouchingNetwork(touching);
    this.score = (image) => this.network.joint(image);
  }

  // All digits in a picture: its `channels`, one or three planes of bytes, and its `size`, [height,
  // width], before it was reduced. `single`: the picture is one digit, whatever else there seems
  // to be.
  read({ channels, size }, { single = false } = {}) {
    const frame = frameOf(channels);
    const { lines, way, lightOnDark } = this.#linesOf(within(channels, frame), single);
    const [{ height, width }] = channels;
    const upright = { size, scale: [size[0] / height, size[1] / width] };
    if (way.quarters % 2) for (const pair of Object.values(upright)) pair.reverse();
    upright.start = turnedMargins(frame, way.quarters).slice(0, 2);
    return toJson(lines, upright, way, lightOnDark);
  }

  #linesOf(picture, single) {
    const channels = withoutTiles(withoutCorners(picture));
    const filling = fillingDigit(channels, this.network);
    if (filling) {
      const { digit, lightOnDark } = filling;
      return { lines: [{ digits: [digit], others: [] }], way: UPRIGHT, lightOnDark };
    }
    const ink = findInk(channels, (shape) => this.#isDigit(shape));
    const { lightOnDark } = ink;
    if (single) {
      const page = findPieces(ink);
      const crop = wholeDigit(grey(channels), this.network);
      const lines = this.#readSingle(page, this.#singles(page), crop);
      return { lines, way: UPRIGHT, lightOnDark };
    }
    const found = this.#readTwice(ink);
    if (ink.isDoubtful && !isNumber(found.lines)) {
      const other = findInk(channels, null, !lightOnDark);
      const further = this.#readTwice(other);
      if (isSurer(further.lines, found.lines))
        return { ...this.#readAgain(channels, other, further), lightOnDark: !lightOnDark };
    }
    return { ...this.#readAgain(channels, ink, found), lightOnDark };
  }

  // A page as it was read, or as it is read when turned level or made sharper.
  #readAgain(channels, ink, found) {
    return this.#readSharper(channels, ink, this.#readLevel(ink, found));
  }

  // A page as it was read, or where it lies askew as it is read when turned level.
  #readLevel(ink, found) {
    const fall = fallOf(found.lines);
    if (!fall) return found;
    const page = straightened(ink.turned(found.way.quarters), fall);
    const further = this.#readTwice(page.ink);
    // For the sake of signs alone is a page turned.
    const isNone = ![...found.lines, ...further.lines].some(({ signs }) => signs?.length);
    if (further.way.quarters || isNone) return found;
    const lines = placedBack(page, further.lines);
    return saysTheSame(lines, found.lines) ? { lines, way: found.way } : found;
  }

  // A page as it was read, or where it is blurred as it is read when made sharper.
  #readSharper(channels, ink, before) {
    let best = before;
    for (const picture of sharperPages(channels, ink, before.lines)) {
      const found = findInk([picture], (shape) => this.#isDigit(shape));
      const further = this.#readTwice(found);
      const isSameWay = !before.lines.length || further.way.quarters === before.way.quarters;
      if (isSameWay && isBetter(further.lines, best.lines, before.lines)) best = further;
    }
    return best;
  }

  // Which digit each ready crop, a plane of bytes, shows, and whether it is one at all.
  classify(crops) {
    return crops.map((crop) => {
      const { probabilities, digit } = readCrop(crop, this.network).scores;
      const shares = probabilities.map(rounded);
      const value = argmax(shares);
      return { value, confidence: shares[value], digit: rounded(digit), probabilities: shares };
    });
  }

  // What each stage makes of a normalised image: each map's levels from smallest to largest.
  stages(image) {
    return this.network.stages(image).map(({ shape, data }) => {
      const pixels = shape[1] * shape[2];
      const levels = [];
      for (let start = 0; start < data.length; start += pixels) {
        const map = data.subarray(start, start + pixels);
        const [low, high] = extremes(map);
        for (const value of map)
          levels.push(Math.trunc((255 * (value - low)) / Math.max(high - low, 1e-6)));
      }
      return { shape, levels };
    });
  }

  // Whether ink is as surely a digit as no sheet's shape is.
  #isDigit(ink) {
    return extremes(this.score(normalize(ink)))[1] > SHAPED;
  }

  // A page's pieces, without lines drawn under numbers, and each as a digit.
  #ofPage(ink) {
    const page = findPieces(ink.with(withoutUnderlines(ink.marked)));
    return [page, this.#singles(page)];
  }

  #singles(page) {
    const pieces = withoutBindings(withoutScales(page.pieces), page.labels);
    const groups = pieces.map((piece) => [piece]);
    return withoutRings(candidates(page, groups, this.score));
  }

  // A page, and where clutter is in the way once more without it.
  #readTwice(ink) {
    const { lines, way } = this.#readAnyWayUp(ink);
    const cleared = withoutClutter(ink.turned(way.quarters), lines);
    if (cleared === null) return { lines, way };
    const again = this.#readAnyWayUp(cleared.ink);
    if (again.way.quarters || !cleared.isBetter(again.lines)) return { lines, way };
    const perhaps = (way.quarters + again.way.perhaps) % 4;
    return { lines: again.lines, way: { quarters: way.quarters, perhaps } };
  }

  // A page as it lies, or turned where it then surely holds numbers.
  #readAnyWayUp(ink) {
    const turned = (quarters, isGuess) => {
      const [page, singles] = this.#ofPage(ink.turned(quarters));
      const [read, cut] = this.#readPage(page, singles);
      return this.#signed(cut, numbersOnly(read, singles.length, quarters, isGuess));
    };
    // Digits that hang together on a line would be some other thing, which may lie any way up.
    const [page, singles] = this.#ofPage(ink);
    const lone = loneDigit(page, singles, this.score);
    if (lone && !isEdge(lone, page.ink))
      return { lines: [{ digits: [lone], others: [] }], way: UPRIGHT };
    const way = wayUp(singles, this.score);
    let lying = null;
    const readLying = () => (lying ??= this.#readPage(page, singles));
    // Letters of units are digits on their heads.
    const isUpright = way.quarters === UPSIDE_DOWN && areQuantities(readLying()[0]);
    if (way.quarters && !isUpright) {
      const lines = turned(way.quarters, false);
      if (lines.length) return { lines, way };
    }
    const [read, cut] = readLying();
    const lines = this.#signed(cut, numbersOnly(read, singles.length));
    if (lines.length) return { lines, way: { quarters: 0, perhaps: way.quarters || way.perhaps } };
    const guess = wayWithDigits(singles, this.score);
    if (guess.quarters && guess.quarters !== way.quarters) {
      const found = turned(guess.quarters, true);
      if (found.length) return { lines: found, way: guess };
    }
    return { lines: [], way: UPRIGHT }; // in no doubt: the grain of wood is bars, and so are ones
  }

  #signed(page, numbers) {
    const lines = withoutStruck(withoutEdges(numbers, page.ink), page, this.touching);
    return withSigns(page, lines, this.score);
  }

  // A page's lines, and the page with all that was cut in it.
  #readPage(page, singles) {
    const height = heightOfDigits(page, singles, this.touching);
    if (height === null) return [[], page];
    const ofPiece = new Map(singles.map((single) => [single.pieces[0], single]));
    const lines = linesOfFragments(ofDigitsKind(singles, height), height).map((line) => {
      const parts = line.flatMap((piece) => {
        const [cut, digits] = separated(page, ofPiece.get(piece), height, this.touching, this.score);
        page = cut;
        return digits;
      });
      return readLine(page, parts, height, this.score);
    });
    return [lines, page];
  }

  // The largest piece, all that is of its kind, or the picture as a ready `crop`, whichever is most
  // a digit: at the border of a picture that a digit fills, there is too little paper to tell ink by.
  #readSingle(page, singles, crop) {
    if (!singles.length) return crop.refusal < 0.5 ? [{ digits: [crop], others: [] }] : [];
    const largest = singles[argmax(singles.map((single) => single.box.size))];
    const others = ofDigitsKind(singles, largest.box.height);
    const together = others.length > 1 ? candidates(page, [others], this.score) : [];
    const choices = [largest, crop, ...together];
    return [{ digits: [choices[argmax(choices.map((choice) => choice.confidence))]], others: [] }];
  }
}
