/**
 * Fills shards with rows as they come, and says in the index how far it has come, so that a killed process goes on.
 *
 * A shard is written first and the index after it: at any moment the index tells of whole shards alone.
 */
import { check } from '../error.ts'
import {
  type ActivationIndex,
  type CollectionRequest,
  formatName,
  formatVersion,
  indexFile,
  readIndex,
  type Shard,
  shardName,
  writeIndex,
} from './index-file.ts'
import { openShard, readRows, shardBytes } from './shard-file.ts'
import { type ActivationStore, fileName } from './store.ts'
import { asStored, bytesOf, decodeTo, storedRows } from './stored-rows.ts'

/** Bytes of a shard where nobody says otherwise. */
const SHARD_BYTES = 2 ** 25

/** How far a row that is computed again may be from the stored one, relative to the row's largest value. */
const SAME = 1e-2

interface Rows {
  /** `[batch, ..., width]`. */
  readonly values: Float32Array
  /** Which of its rows to keep. */
  readonly kept: Int32Array
  readonly width: number
}

export class ActivationWriter {
  /** Rows written or waiting. */
  rows: number
  /** Rows of this call. */
  added = 0
  readonly #store: ActivationStore
  readonly #request: CollectionRequest
  readonly #before: ActivationIndex | undefined
  readonly #shards: Shard[]
  #shardRows: number | undefined
  #width: number | undefined
  #buffer = new Float32Array()
  #filled = 0
  #compared = false
  #next: { readonly batch: number; readonly row: number }
  #pending: Promise<void> = Promise.resolve()

  private constructor(
    store: ActivationStore,
    request: CollectionRequest,
    shardRows: number | undefined,
    before: ActivationIndex | undefined,
  ) {
    this.#store = store
    this.#request = request
    this.#before = before
    this.#shards = [...(before?.shards ?? [])]
    this.#shardRows = before?.shardRows ?? shardRows
    this.#width = before?.width
    this.#next = before?.next ?? { batch: 0, row: 0 }
    this.rows = before?.rows ?? 0
  }

  /**
   * Begins, or goes on with what the store holds.
   * @throws WinnowError when it holds a collection of something else
   */
  static async begin(
    store: ActivationStore,
    request: CollectionRequest,
    shardRows: number | undefined,
  ): Promise<ActivationWriter> {
    const before = await readIndex(store)
    if (before !== undefined) {
      const wanted = { ...request, shardRows: shardRows ?? before.shardRows }
      for (const key of Object.keys(wanted) as (keyof typeof wanted)[]) {
        check(
          before[key] === wanted[key],
          () =>
            `${fileName(store, indexFile)}: holds activations with ${key} ${JSON.stringify(before[key])}, ` +
            `but ${JSON.stringify(wanted[key])} was asked for; take another place, or remove them`,
        )
      }
    }
    return new ActivationWriter(store, request, shardRows, before)
  }

  /** Whether the store held all of it already. */
  get complete(): boolean {
    return this.#before?.complete === true
  }

  /** The batch to go on from: the one that holds the last stored row, which is computed again and compared. */
  get from(): number {
    return this.#next.batch
  }

  /** Whether it has as many rows as were asked for. */
  get full(): boolean {
    return this.rows >= (this.#request.limit ?? Number.POSITIVE_INFINITY)
  }

  /** @throws WinnowError when a kept value is NaN, infinite or too large, or does not fit what was stored before */
  async add(batch: number, rows: Rows): Promise<void> {
    const { values, kept, width } = rows
    this.#width ??= width
    check(
      width === this.#width,
      () =>
        `collectActivations: rows of ${width} values came in batch ${batch}, expected ${this.#width} as before`,
    )
    const shardRows = this.#rowsOfShard(width)
    let first = 0
    if (this.#before !== undefined && !this.#compared) {
      await this.#compare(batch, rows)
      this.#compared = true
      first = this.#next.row
    }
    if (this.complete) return
    for (let i = first; i < kept.length && !this.full; i++) {
      const row = kept[i] as number
      this.#check(values, row, width, batch)
      if (this.#filled === 0) this.#buffer = new Float32Array(shardRows * width)
      this.#buffer.set(values.subarray(row * width, (row + 1) * width), this.#filled * width)
      this.#filled++
      this.rows++
      this.added++
      this.#next = { batch, row: i + 1 }
      if (this.#filled === shardRows) await this.#flush(false)
    }
  }

  /** Writes what is left, and that this was all. */
  async end(): Promise<void> {
    check(
      this.#before === undefined || this.#compared,
      () =>
        `${fileName(this.#store, indexFile)}: the data end before batch ${this.from}, where the collection stopped`,
    )
    if (this.complete) return
    check(this.rows > 0, () => 'collectActivations: data: no row came, expected at least one')
    await this.#flush(true)
    await this.settle()
  }

  /** Waits for what is being written. */
  async settle(): Promise<void> {
    await this.#pending
  }

  #rowsOfShard(width: number): number {
    this.#shardRows ??= Math.max(
      1,
      Math.floor(SHARD_BYTES / (width * bytesOf(this.#request.dtype))),
    )
    return this.#shardRows
  }

  /** Hands the rows over to be written while the next are computed; one shard at a time. */
  async #flush(complete: boolean): Promise<void> {
    await this.#pending
    const width = this.#width as number
    const rows = this.#filled
    const data = this.#buffer.subarray(0, rows * width)
    const file = shardName(this.#shards.length)
    if (rows > 0) this.#shards.push({ file, rows })
    const index: ActivationIndex = {
      format: formatName,
      version: formatVersion,
      ...this.#request,
      width,
      rows: this.rows,
      shardRows: this.#shardRows as number,
      shards: [...this.#shards],
      next: this.#next,
      complete,
    }
    this.#filled = 0
    this.#buffer = new Float32Array()
    this.#pending = (async () => {
      if (rows > 0) await this.#store.write(file, shardBytes(data, width, this.#request.dtype))
      await writeIndex(this.#store, index)
    })()
    // Whoever waits next is told; until then nobody has looked at it.
    this.#pending.catch(() => {})
  }

  #check(values: Float32Array, row: number, width: number, batch: number): void {
    const most = this.#request.dtype === 'float16' ? 65_504 : Number.MAX_VALUE
    for (let i = row * width; i < (row + 1) * width; i++) {
      const value = values[i] as number
      if (Math.abs(value) <= most) continue
      check(
        Number.isFinite(value),
        () =>
          `collectActivations: value ${i - row * width} of row ${row} of batch ${batch} is ${value}, expected finite activations`,
      )
      check(
        false,
        () =>
          `collectActivations: value ${i - row * width} of row ${row} of batch ${batch} is ${value}, beyond the 65504 of float16; pass dtype: 'float32'`,
      )
    }
  }

  /** Compares the last stored row with the same one computed anew: another model or other data show. */
  async #compare(batch: number, { values, kept, width }: Rows): Promise<void> {
    const { dtype } = this.#request
    const shard = this.#shards.at(-1) as Shard
    const open = await openShard(this.#store, shard, { width, dtype })
    const stored = storedRows(dtype, width)
    await readRows(this.#store, open, { begin: shard.rows - 1, end: shard.rows, width }, stored)
    const before = new Float32Array(width)
    decodeTo(stored, { begin: 0, end: width }, before, 0)
    const row = kept[this.#next.row - 1] ?? -1
    const largest = before.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const same =
      row >= 0 &&
      before.every((value, i) => {
        const now = asStored(values[row * width + i] as number, dtype)
        return Math.abs(now - value) <= SAME * largest
      })
    check(
      same,
      () =>
        `${fileName(this.#store, shard.file)}: its last row is not what the model gives for batch ${batch} now: ` +
        'the model or the data differ from those that it was collected with',
    )
  }
}
