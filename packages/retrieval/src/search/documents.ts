/**
 * The documents of an index: their ids and metadata by row. Rows grow; one that was removed stays empty until the index is
 * packed.
 */
import { check, WinnowError } from '@winnow/core'
import { linesOf } from '../formats/lines.ts'
import { acceptance, type Filter, type Hit, type Metadata } from './search-index.ts'

const noMetadata: Metadata = {}
/** Packing waits for this many empty rows, so that few removals cost little. */
const FEW_ROWS = 1024

export class Documents {
  readonly #ids: (string | undefined)[] = []
  readonly #metadata: (Metadata | undefined)[] = []
  readonly #rows = new Map<string, number>()

  /** Documents that are there. */
  get size(): number {
    return this.#rows.size
  }

  /** Rows, empty ones included. */
  get rows(): number {
    return this.#ids.length
  }

  /** Whether more than half of many rows are empty. */
  get sparse(): boolean {
    return this.rows - this.size > FEW_ROWS && this.size < this.rows / 2
  }

  has(id: string): boolean {
    return this.#rows.has(id)
  }

  isThere(row: number): boolean {
    return this.#ids[row] !== undefined
  }

  metadata(id: string): Metadata | undefined {
    const row = this.#rows.get(id)
    return row === undefined ? undefined : this.#metadata[row]
  }

  /** @throws WinnowError when it cannot be added */
  checkNew(id: string, metadata: Metadata | undefined): void {
    check(
      typeof id === 'string' && id !== '',
      () => `add: id: ${JSON.stringify(id)} came, expected a text that is not empty`,
    )
    check(
      !this.#rows.has(id),
      () => `add: id: '${id}' is in the index already; ids are unique, remove it first`,
    )
    check(
      metadata === undefined ||
        (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)),
      () => `add: metadata of '${id}': expected an object`,
    )
  }

  /** The row of a new document. */
  add(id: string, metadata: Metadata | undefined): number {
    this.checkNew(id, metadata)
    const row = this.#ids.length
    this.#ids.push(id)
    this.#metadata.push(metadata)
    this.#rows.set(id, row)
    return row
  }

  /** The row that it had. */
  remove(id: string): number | undefined {
    const row = this.#rows.get(id)
    if (row === undefined) return undefined
    this.#rows.delete(id)
    this.#ids[row] = undefined
    this.#metadata[row] = undefined
    return row
  }

  /** Leaves out the empty rows; the new row of each old one, -1 for an empty one. */
  pack(): Int32Array {
    const renamed = new Int32Array(this.rows).fill(-1)
    let next = 0
    for (let row = 0; row < this.rows; row++) {
      const id = this.#ids[row]
      if (id === undefined) continue
      this.#ids[next] = id
      this.#metadata[next] = this.#metadata[row]
      this.#rows.set(id, next)
      renamed[row] = next++
    }
    this.#ids.length = next
    this.#metadata.length = next
    return renamed
  }

  /** Which rows a search may find; undefined where it may find all that are there. */
  accepted(filter: Filter | undefined): ((row: number) => boolean) | undefined {
    if (filter === undefined) return undefined
    const accepts = acceptance(filter)
    return (row) => {
      const id = this.#ids[row]
      return id !== undefined && accepts(this.#metadata[row] ?? noMetadata, id)
    }
  }

  /** Which of two rows with the same score comes first. */
  readonly isBefore = (a: number, b: number): boolean => {
    return (this.#ids[a] as string) < (this.#ids[b] as string)
  }

  hit(row: number, score: number): Hit {
    const metadata = this.#metadata[row]
    return { id: this.#ids[row] as string, score, ...(metadata === undefined ? {} : { metadata }) }
  }

  /** A line of JSON for each row. */
  toBytes(): Uint8Array {
    const encoder = new TextEncoder()
    const parts: Uint8Array[] = []
    let lines = ''
    const flush = (): void => {
      parts.push(encoder.encode(lines))
      lines = ''
    }
    for (const [row, id] of this.#ids.entries()) {
      const metadata = this.#metadata[row]
      const entry = id === undefined ? null : metadata === undefined ? [id] : [id, metadata]
      lines += `${JSON.stringify(entry)}\n`
      // A string has an end that a large index would reach.
      if (lines.length > 2 ** 20) flush()
    }
    flush()
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  /** @throws WinnowError when a line is none of {@link toBytes}, or an id came twice */
  static fromBytes(bytes: Uint8Array, name: string): Documents {
    const documents = new Documents()
    for (const { number, text } of linesOf(bytes, `${name}: documents`)) {
      const fail = (cause?: unknown): WinnowError =>
        new WinnowError(`${name}: documents, line ${number}: not an id with its metadata`, {
          cause,
        })
      let entry: unknown
      try {
        entry = JSON.parse(text)
      } catch (cause) {
        throw fail(cause)
      }
      if (entry === null) {
        documents.#ids.push(undefined)
        documents.#metadata.push(undefined)
        continue
      }
      if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) throw fail()
      try {
        documents.add(entry[0], entry[1])
      } catch (cause) {
        throw fail(cause)
      }
    }
    return documents
  }
}
