// The service's answers; a failure is an Error with the service's own sentence. It passes by
// itself (isPassing) where the service is busy or cannot be reached.

function failure(sentence, isPassing) {
  return Object.assign(new Error(sentence), { isPassing });
}

async function post(path, body) {
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(path, { method: "POST", body, signal }).catch(() => {
    throw failure("The service cannot be reached.", true);
  });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw failure(content.detail ?? `The service answered ${answer.status}.`, answer.status === 503);
  }
  return content;
}

export const read = (picture) => post("v1/read?details=true", picture);

export const stages = (image) => post("v1/stages", new Blob([Uint8Array.from(image.flat())]));
