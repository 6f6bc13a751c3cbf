/**
 * Long work on the host that lets others have a turn: a page goes on answering, and an abort is heard.
 */

/** How long the event loop may be kept waiting, in milliseconds. */
const BREATH = 50

/** A function to wait for between pieces of work: it gives way where it has not for a while, and throws once aborted. */
export function breather(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now()
  return async () => {
    signal?.throwIfAborted()
    if (performance.now() - last < BREATH) return
    await new Promise((resolve) => setTimeout(resolve))
    last = performance.now()
    signal?.throwIfAborted()
  }
}
