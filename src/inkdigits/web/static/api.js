// The calls of the HTTP service, answered in this browser by a worker, in the same form. A failure
// is an Error with a sentence. It passes by itself (isPassing) where the network is not there yet.

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const waiting = new Map(); // of each question how it is answered
let asked = 0;

worker.addEventListener("message", ({ data: { id, answer, problem, isPassing } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (problem === undefined) resolve(answer);
  else reject(Object.assign(new Error(problem), { isPassing }));
});
let broken = null;
worker.addEventListener("error", () => {
  broken = new Error("The reader cannot be loaded; load the page again.");
  for (const { reject } of waiting.values()) reject(broken);
  waiting.clear();
});

function ask(call, ...given) {
  if (broken) return Promise.reject(broken);
  return new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve, reject });
    worker.postMessage({ id: asked, call, given });
  });
}

// single: the picture is one digit, however little it looks like one.
export const read = (picture, { single = false } = {}) => ask("read", picture, { single });

export const stages = (image) => ask("stages", image);

// Crops one after the other, `height` x `width` bytes each.
export const classify = (bytes, width = 28, height = 28) => ask("classify", bytes, width, height);

// Here is no service that could keep corrections.
export const model = async () => ({ collecting: false });

export async function correct() {
  throw new Error("Corrections are kept by inkdigits serve --collect only.");
}

// Once loaded, the page needs no network: its files stay in this browser.
navigator.serviceWorker?.register(new URL("offline.js", import.meta.url)).catch(() => {});
