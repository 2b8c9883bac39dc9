// Reads beside the page, which stays responsive meanwhile. A message `{ id, call, given }` is
// answered by `{ id, answer }`, or `{ id, problem, isPassing }` with a sentence.

import { Plane } from "./arrays.js";
import { accelerate } from "./convolution.js";
import { decode } from "./decode.js";
import { Recognizer } from "./recognizer.js";

const CALLS = {
  read: async (recognizer, picture, options) => recognizer.read(await decode(picture), options),
  classify: (recognizer, bytes, width, height) => {
    const size = width * height;
    const crops = Array.from(
      { length: bytes.length / size },
      (_, k) => new Plane(height, width, bytes.subarray(k * size, (k + 1) * size)),
    );
    return { crops: recognizer.classify(crops) };
  },
  stages: (recognizer, image) => ({ stages: recognizer.stages(Uint8Array.from(image.flat())) }),
};

const NETWORKS = ["network.onnx", "touching.onnx"]; // for a digit, and for digits that touch
const PRODUCTS = "convolution.wasm"; // which are plain JavaScript where that cannot be used

let loading = null;
let isAsked = false;

// The recognizer; what could not be fetched is fetched again at the next call.
function recognizer() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const products = fetched(PRODUCTS).catch(() => null);
  const networks = await Promise.all(NETWORKS.map(fetched));
  await accelerate(await products);
  return new Recognizer(...networks);
}

async function fetched(name) {
  const answer = await fetch(new URL(name, import.meta.url)).catch(() => null);
  if (!answer?.ok) {
    throw Object.assign(new Error("The network cannot be fetched."), { isPassing: true });
  }
  return new Uint8Array(await answer.arrayBuffer());
}

// Reads a bar while nobody asks, so that all is compiled when the first drawing comes.
async function warmUp() {
  const loaded = await recognizer();
  if (isAsked) return;
  const [height, width] = [133, 187]; // of what the pad gives
  const paper = new Uint8Array(height * width).fill(255);
  for (let row = 30; row < 100; row += 1) paper.fill(17, row * width + 90, row * width + 97);
  loaded.read({ channels: [new Plane(height, width, paper)], size: [height, width] });
}

self.addEventListener("message", async ({ data: { id, call, given } }) => {
  isAsked = true;
  try {
    self.postMessage({ id, answer: await CALLS[call](await recognizer(), ...given) });
  } catch (error) {
    self.postMessage({ id, problem: error.message, isPassing: error.isPassing });
  }
});

warmUp().catch(() => {}); // the first call says what is wrong
