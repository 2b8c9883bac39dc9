// Asks again where a failure passes by itself: the service is busy, or a connection was just closed.

const TRIES = 5;
const AGAIN_MS = 300;

// isWanted: whether the answer still is.
export async function patiently(ask, isWanted, tries = TRIES) {
  try {
    return await ask();
  } catch (error) {
    if (!error.isPassing || tries <= 1 || !isWanted()) throw error;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return patiently(ask, isWanted, tries - 1);
  }
}
