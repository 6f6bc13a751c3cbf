/** The few numbers that timings are told by. */

/** The middle value, or the mean of the two in the middle. @throws Error where there is none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('median: no values came')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}
