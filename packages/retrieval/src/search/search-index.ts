/**
 * What every index has in common, whatever it looks at: words, sparse weights or dense vectors.
 */
import { check } from '@winnow/core'

/** What is known of a document beside its content, as plain JSON. */
export type Metadata = Readonly<Record<string, unknown>>

/** A value that a field can be asked for. */
export type FilterValue = string | number | boolean

/**
 * Which documents may be found: a function, or fields with the value (or one of the values) that they must have, all of
 * them. A field that holds a list has each of its values.
 */
export type Filter =
  | ((metadata: Metadata, id: string) => boolean)
  | Readonly<Record<string, FilterValue | readonly FilterValue[]>>

/** A found document. */
export interface Hit {
  readonly id: string
  /** Higher is better; comparable within one search alone. */
  readonly score: number
  readonly metadata?: Metadata
}

/** Options of a search. */
export interface SearchOptions {
  /** The most hits; a whole number >= 1, 10 by default. */
  readonly k?: number
  /** Documents that it refuses are as if they were not in the index: there are `k` hits where `k` others match. */
  readonly filter?: Filter
}

/** An index of documents whose content is a `Content`. Ids are unique; a broken argument changes nothing. */
export interface SearchIndex<Content, Query = Content> {
  /** How many documents it holds. */
  readonly size: number
  /** Whether the document is there. */
  has(id: string): boolean
  /** The metadata of a document; undefined where it has none, or is not there. */
  metadata(id: string): Metadata | undefined
  /** @throws WinnowError when the id is there already, or the content is not fit */
  add(id: string, content: Content, metadata?: Metadata): void
  /** Whether it was there. */
  remove(id: string): boolean
  /**
   * The best hits, best first; ties in the order of ids. Fewer than `k` where fewer match; none in an empty index.
   *
   * @throws WinnowError when the query or an option is not fit
   */
  search(query: Query, options?: SearchOptions): Promise<readonly Hit[]>
  /** The whole index as bytes, for a file or a store of one's own; `saveIndex` writes them safely. */
  serialise(): Uint8Array
}

/** The number of hits that options ask for. */
export function hitsAsked({ k = 10 }: SearchOptions): number {
  check(
    Number.isSafeInteger(k) && k >= 1,
    () => `search: k: ${k} came, expected a whole number >= 1`,
  )
  return k
}

/** A filter as a function. @throws WinnowError when it is neither a function nor a record of values */
export function acceptance(filter: Filter): (metadata: Metadata, id: string) => boolean {
  if (typeof filter === 'function') return filter
  check(
    typeof filter === 'object' && filter !== null && !Array.isArray(filter),
    () => 'search: filter: expected a function, or fields and their values',
  )
  const fields = Object.entries(filter).map(([name, wanted]) => {
    const values = Array.isArray(wanted) ? wanted : [wanted]
    check(
      values.every((value) => ['string', 'number', 'boolean'].includes(typeof value)),
      () => `search: filter: '${name}': expected texts, numbers or booleans`,
    )
    return { name, wanted: new Set<unknown>(values) }
  })
  return (metadata) =>
    fields.every(({ name, wanted }) => {
      if (!Object.hasOwn(metadata, name)) return false
      const value = metadata[name]
      return Array.isArray(value) ? value.some((one) => wanted.has(one)) : wanted.has(value)
    })
}
