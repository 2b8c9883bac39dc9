// The service's answers; a failure is an Error with the service's own sentence.

async function post(path, body, signal) {
  const answer = await fetch(path, { method: "POST", body, signal });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.detail ?? `The service answered ${answer.status}.`);
  return content;
}

export const read = (picture, signal) => post("v1/read?details=true", picture, signal);

export const stages = (image, signal) =>
  post("v1/stages", new Blob([Uint8Array.from(image.flat())]), signal);
