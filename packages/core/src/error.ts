/**
 * The one error that Winnow throws on bad input. Its message names the argument, what came and what was expected.
 */
export class WinnowError extends Error {
  override readonly name = 'WinnowError'
}

/** Throws a {@link WinnowError} with `message()` unless `condition` holds; the message is only built on failure. */
export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new WinnowError(message())
}

/** The entry of `known` nearest to `name` by edit distance, for "did you mean" messages; undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.ceil(name.length / 2)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** An error for a name that is not among `known`: says what came, the nearest known name and all of them. */
export function unknownName(argument: string, name: string, known: Iterable<string>): WinnowError {
  const all = [...known]
  const near = nearest(name, all)
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  return new WinnowError(
    `${argument}: '${name}' is not known.${hint} Expected one of: ${all.join(', ')}.`,
  )
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
