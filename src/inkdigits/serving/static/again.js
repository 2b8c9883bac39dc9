// Asks again where a failure passes by itself: the service is busy, a connection was just closed,
// or the service is stopped and will be started again.

const TRIES = 5; // before it is told that nothing comes of it
const AGAIN_MS = 300;
const LATER_MS = 2000;

// isWanted: whether the answer still is; say: is told a failure that lasts, while asking goes on.
export async function patiently(ask, isWanted, say) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!error.isPassing || !isWanted()) throw error;
      if (tries === TRIES) say(error);
      const pause = tries < TRIES ? AGAIN_MS : LATER_MS;
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (!isWanted()) throw error;
    }
  }
}
