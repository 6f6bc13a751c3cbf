/**
 * Ticks of an axis: round numbers at even steps (1, 2 or 5 times a power of ten).
 */

/** Round numbers from the one below `low` to the one above `high`, about `count` of them. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const span = high > low ? high - low : Math.abs(low) || 1
  const rough = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10) * power
  const first = Math.floor(low / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}

/** The ticks' texts, with just as many digits as tell them apart. */
export function tickLabels(ticks: readonly number[]): string[] {
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0)
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0))
  if (largest >= 1e6 || (largest > 0 && largest < 1e-3)) {
    const digits = Math.max(
      0,
      Math.floor(Math.log10(largest)) - Math.floor(Math.log10(step) + 1e-9),
    )
    return ticks.map((tick) =>
      tick === 0 ? '0' : minus(tick.toExponential(digits).replace('e+', 'e')),
    )
  }
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  return ticks.map((tick) => minus(tick.toFixed(decimals)))
}

function minus(text: string): string {
  return text.replaceAll('-', '−')
}
