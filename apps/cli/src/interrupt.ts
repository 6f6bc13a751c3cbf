/**
 * Ctrl-C: the first one asks the work to end in good order, a later one ends the process at once.
 */

/** Exit code of a command that Ctrl-C ended: 128 and the number of SIGINT. */
export const INTERRUPTED = 130

/** npm passes the terminal's Ctrl-C on to its child, which then hears of it twice: within this time it is the same one. */
const ECHO_MILLISECONDS = 500

/**
 * Runs `work` with a signal that the first Ctrl-C aborts.
 *
 * @param onInterrupt called when it does
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  onInterrupt: () => void,
): Promise<Result> {
  const controller = new AbortController()
  let first: number | undefined
  const interrupt = (): void => {
    if (first === undefined) {
      first = performance.now()
      controller.abort()
      onInterrupt()
    } else if (performance.now() - first > ECHO_MILLISECONDS) {
      process.exit(INTERRUPTED)
    }
  }
  process.on('SIGINT', interrupt)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', interrupt)
  }
}
