/** The counts of all tables in one number, FNV-1a: files that exist can only be read while it stays as it is. */
import { tablesToIntegers } from '../frequency-table.ts'
import { gaussianTables } from '../gaussian-tables.ts'

/** What {@link gaussianChecksum} gives on every machine. */
export const GAUSSIAN_CHECKSUM = 4116964501

export function gaussianChecksum(): number {
  let hash = 0x811c9dc5
  for (const integer of tablesToIntegers(gaussianTables())) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((integer >>> shift) & 0xff), 0x01000193)
    }
  }
  return hash >>> 0
}
