/** Hands the rows of a test to `npm run conformance`: the reporter writes what is in `task.meta`. */
import { knownReason } from './known.ts'
import type { ConformanceRow } from './run.ts'

/** A row as the report has it. */
export type ReportedRow = ConformanceRow & { readonly known?: string }

/** Puts the rows, each with what is known of it, into the meta data of a test. */
export function reportRows(meta: object, rows: readonly ConformanceRow[]): void {
  const reported = rows.map((row): ReportedRow => {
    const known = knownReason(row)
    return known === undefined ? row : { ...row, known }
  })
  const { conformance = [] } = meta as { conformance?: ReportedRow[] }
  Object.assign(meta, { conformance: [...conformance, ...reported] })
}
