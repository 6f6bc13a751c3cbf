import type { ProfileLine } from '../protocol.ts'

/** The longest, by time, and the rest in one line. */
export function topLines(lines: readonly ProfileLine[], count = 15): ProfileLine[] {
  const sorted = [...lines].sort((a, b) => b.milliseconds - a.milliseconds)
  const rest = sorted.slice(count)
  if (rest.length === 0) return sorted
  return [
    ...sorted.slice(0, count),
    {
      name: `${rest.length} more`,
      milliseconds: rest.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
      calls: rest.reduce((sum, { calls = 0 }) => sum + calls, 0),
    },
  ]
}
