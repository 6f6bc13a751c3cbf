/** The readable report: plain columns, numbers to three digits. */
import type { Measurement, Row } from './comparison.ts'
import { bestOf } from './comparison.ts'
import type { ProfileLine } from './protocol.ts'

/** Three significant digits, without exponents: `0.0123`, `8.14`, `1,735`. */
export function threeDigits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value === 0 ? '0' : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(value))))
}

/** Columns padded to the widest cell: the first `textColumns` to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[], textColumns: number): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, i) =>
        i < textColumns ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
      )
      .join('  ')
      .trimEnd(),
  )
}

/** Subject against rival, a line each. The rival's name says which of its processes was the better one. */
export function comparisonTable(rows: readonly Row[], all: readonly Measurement[]): string[] {
  if (rows.length === 0) return []
  const named = (row: Row): string => {
    const measurements = all.filter(({ bench }) => bench === row.bench)
    return bestOf(measurements, row.rival)?.label ?? row.rival
  }
  return columns(
    [
      ['bench', 'subject', 'rival', 'ms', 'rival ms', 'ratio', 'peak MB', 'rival MB'],
      ...rows.map((row) => [
        row.bench,
        row.subject,
        named(row),
        threeDigits(row.milliseconds),
        threeDigits(row.rivalMilliseconds),
        row.ratio.toFixed(2),
        threeDigits(row.peakMegabytes),
        threeDigits(row.rivalPeakMegabytes),
      ]),
    ],
    3,
  )
}

/** Everyone who ran, rivals' second choices included. */
export function participantTable(measurements: readonly Measurement[]): string[] {
  if (measurements.length === 0) return []
  return columns(
    [
      ['bench', 'who', 'ms', 'steps', 'first ms', 'peak MB', 'first loss'],
      ...measurements.map((measurement) => [
        measurement.bench,
        measurement.label,
        threeDigits(measurement.milliseconds),
        `${measurement.samples}`,
        threeDigits(measurement.firstMilliseconds),
        threeDigits(measurement.peakMegabytes),
        measurement.loss === undefined ? '' : measurement.loss.toPrecision(5),
      ]),
    ],
    2,
  )
}

/** The profile of one participant, in the order it came. */
export function profileTable(lines: readonly ProfileLine[]): string[] {
  return columns(
    [
      ['where', 'ms a step', 'calls'],
      ...lines.map(({ name, milliseconds, calls }) => [
        name,
        threeDigits(milliseconds),
        calls === undefined ? '' : threeDigits(calls),
      ]),
    ],
    1,
  )
}
