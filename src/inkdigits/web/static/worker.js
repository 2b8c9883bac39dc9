// Reads beside the page, which stays responsive meanwhile. A message `{ id, call, given }` is
// answered by `{ id, answer }`, or `{ id, problem }` with a sentence.

import { Plane } from "./arrays.js";
import { decode } from "./decode.js";
import { SIDE } from "./normalize.js";
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

let loading = null;

// The recognizer; what could not be fetched is fetched again at the next call.
function recognizer() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const answer = await fetch(new URL("network.onnx", import.meta.url)).catch(() => null);
  if (!answer?.ok) throw new Error("The network cannot be fetched.");
  const loaded = new Recognizer(new Uint8Array(await answer.arrayBuffer()));
  loaded.score(new Uint8Array(SIDE * SIDE)); // so that it is compiled before the first drawing
  return loaded;
}

self.addEventListener("message", async ({ data: { id, call, given } }) => {
  try {
    self.postMessage({ id, answer: await CALLS[call](await recognizer(), ...given) });
  } catch (error) {
    self.postMessage({ id, problem: error.message });
  }
});

recognizer().catch(() => {}); // the first call says what is wrong
