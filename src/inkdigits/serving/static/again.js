// Asks again where a failure passes by itself: the service is busy, a connection was just closed,
// or the service is stopped and will be started again.

const TRIES = 5; // before it is told that nothing comes of it
const AGAIN_MS = 300;
const LONGEST_MS = 30_000; // between two, which lie further and further apart

// isWanted: whether the answer still is; say: is told a failure that lasts, while asking goes on.
export async function patiently(ask, isWanted, say) {
  let pause = AGAIN_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!error.isPassing || !isWanted()) throw error;
      if (tries === TRIES) say(error);
      if (tries >= TRIES) pause = Math.min(2 * pause, LONGEST_MS);
      await wait(pause, isWanted);
      if (!isWanted()) throw error;
    }
  }
}

async function wait(pause, isWanted) {
  for (let waited = 0; waited < pause && isWanted(); waited += AGAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
