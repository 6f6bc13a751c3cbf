/**
 * The published systems that Winnow sets out to implement, and how far each is.
 */
import catalogue from './catalogue.json' with { type: 'json' }

/** One row of `winnow systems`. */
export interface SystemRow {
  /** From 1 to 119. */
  readonly number: number
  readonly name: string
  readonly title: string
  /** The package that it belongs to, without the scope. */
  readonly package: string
  readonly status: 'implemented' | 'planned'
  /** Whether part of the formula is ours, since the paper's own could not be read. */
  readonly interpretation: boolean
}

/** Numbers of the systems whose method a package exports. */
const IMPLEMENTED: ReadonlySet<number> = new Set([8])

/** All systems by number. */
export function systems(): readonly SystemRow[] {
  return catalogue.map((row) => ({
    number: row.number,
    name: row.name,
    title: row.title,
    package: row.package,
    status: IMPLEMENTED.has(row.number) ? 'implemented' : 'planned',
    interpretation: row.interpretation,
  }))
}
