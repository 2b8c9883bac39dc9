// The service's answers; a failure is an Error with the service's own sentence. It passes by
// itself (isPassing) where the service is busy or cannot be reached.

const LONGEST_S = 30; // that an answer is waited for
const QUICK_MS = 2000; // a busy service says so at once; later it says that this took too long
const AWAY = [502, 503]; // the first is said by a proxy

function failure(sentence, isPassing) {
  return Object.assign(new Error(sentence), { isPassing });
}

async function ask(path, options) {
  const began = performance.now();
  const signal = AbortSignal.timeout(1000 * LONGEST_S);
  const answer = await fetch(path, { ...options, signal }).catch(() => {
    if (signal.aborted) throw failure(`The service gave no answer in ${LONGEST_S} seconds.`, false);
    throw failure("The service cannot be reached.", true);
  });
  const content = await answer.json().catch(() => null);
  if (!answer.ok) {
    const isPassing = AWAY.includes(answer.status) && performance.now() - began < QUICK_MS;
    throw failure(content?.detail ?? `The service answered ${answer.status}.`, isPassing);
  }
  // Such as a page to log in, from somebody between.
  if (!content) throw failure("What answered is not the service; load this page anew.", false);
  return content;
}

const post = (path, body) => ask(path, { method: "POST", body });
const bytes = (image) => new Blob([Uint8Array.from(image.flat())]);

// single: the picture is one digit, however little it looks like one.
export const read = (picture, { single = false } = {}) =>
  post(`v1/read?details=true&single=${single}`, picture);

export const stages = (image) => post("v1/stages", bytes(image));

// collecting: whether corrections are kept.
export const model = () => ask("v1/model");

export const correct = (value, image) => post(`v1/corrections?value=${value}`, bytes(image));
