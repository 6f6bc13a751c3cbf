/** Failures that are known, each with its reason. Tests assert that they still fail, so that a mend is noticed. */
import type { ConformanceRow } from './run.ts'

/** Rows that are known not to pass, for one reason. */
export interface KnownFailure {
  readonly backend: 'cpu' | 'wasm' | 'onnx' | 'webgpu'
  /** Names of cases. */
  readonly cases: readonly string[]
  readonly reason: string
}

/** All that is known. */
export const knownFailures: readonly KnownFailure[] = []

/** The reason of a row that is known not to pass. A compiled run of a backend shares what is known of it. */
export function knownReason({ backend, name }: ConformanceRow): string | undefined {
  return knownFailures.find(
    (known) => backend.split(',')[0] === known.backend && known.cases.includes(name),
  )?.reason
}

/**
 * What the rows show that is not known: a sentence for each new failure, and for each known one that passes by now.
 */
export function unexpectedResults(rows: readonly ConformanceRow[]): string[] {
  return rows.flatMap((row) => {
    const failed = row.result === 'fail' || row.result === 'absent'
    const known = knownReason(row)
    if (failed && known === undefined) return [`${row.backend}, ${row.name}: ${row.reason}`]
    if (!failed && known !== undefined) return [`${row.backend}, ${row.name}: passes by now`]
    return []
  })
}
