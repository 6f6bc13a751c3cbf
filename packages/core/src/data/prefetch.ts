/**
 * Prefetching: asks for the next values before they are wanted.
 */

/** The values of `source` in order, up to `count` of them under way at a time. */
export async function* prefetched<T>(
  source: AsyncIterable<T>,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const queue: Promise<IteratorResult<T>>[] = []
  const ask = () => {
    const next = iterator.next()
    // A failure is reported where the value is awaited; until then nobody has looked at it.
    next.catch(() => {})
    queue.push(next)
  }
  try {
    for (let i = 0; i < count; i++) ask()
    for (;;) {
      const result = await (queue.shift() as Promise<IteratorResult<T>>)
      if (result.done === true) return
      ask()
      yield result.value
    }
  } finally {
    await Promise.allSettled(queue)
    await iterator.return?.()
  }
}
