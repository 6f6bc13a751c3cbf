/**
 * Activations in shards, as they were collected: batches of rows for training, of which a bounded number is in memory.
 */
import { Batches, checkIndex, type PartialBatch, type ProduceBatches } from '../data/batches.ts'
import { checkPartial } from '../data/dataset.ts'
import { withWeight } from '../data/gather.ts'
import type { HostBatch } from '../data/host-array.ts'
import { check } from '../error.ts'
import { Rng } from '../rng.ts'
import { type ActivationIndex, indexFile, readIndex } from './index-file.ts'
import { type OpenShard, openShard, readRows } from './shard-file.ts'
import { type Group, type Part, rowOrder, shuffleGroups } from './shuffle-plan.ts'
import { type ActivationPlace, type ActivationStore, fileName, storeOf } from './store.ts'
import { bytesOf, decodeTo, type StoredRows, storedRows } from './stored-rows.ts'

/** Bytes of rows in memory where nobody says otherwise. */
const MEMORY_BYTES = 2 ** 28

/** Options of {@link ActivationSet.batches}. */
export interface ActivationBatchesOptions {
  /** Rows in a batch. */
  readonly size: number
  /**
   * The most rows in memory besides the batch, those that are read ahead included; as many as take 256 MiB by default. A
   * float16 row takes 2 bytes a value. The order is a true shuffle where it is twice the number of rows, else rows are
   * mixed with those of many other places.
   */
  readonly memoryRows?: number
  /** Whether each pass has a new random order; true by default. */
  readonly shuffle?: boolean
  /** Settles the order together with the pass, in place of the generator of `fit`. */
  readonly rng?: Rng
  /** The same as `rng: new Rng(seed)`. */
  readonly seed?: number
  /** What becomes of a last batch that is not full; 'drop' by default. */
  readonly partial?: PartialBatch
}

/** Rows `[rows, width]` in shards. Made by {@link openActivations}; holds no row itself. */
export class ActivationSet {
  /** What the index says of how they were collected. */
  readonly index: ActivationIndex
  readonly rows: number
  /** Values of a row. */
  readonly width: number
  readonly #store: ActivationStore
  readonly #shards: readonly OpenShard[]
  readonly #begin: number

  /** @internal By {@link openActivations} and `collectActivations`. */
  constructor(
    store: ActivationStore,
    index: ActivationIndex,
    shards: readonly OpenShard[],
    range: { readonly begin: number; readonly end: number } = { begin: 0, end: index.rows },
  ) {
    this.#store = store
    this.index = index
    this.#shards = shards
    this.#begin = range.begin
    this.rows = range.end - range.begin
    this.width = index.width
  }

  /** Rows `begin` up to `end` (all that follow by default) alone: a part for training, a part for testing. */
  slice(begin: number, end: number = this.rows): ActivationSet {
    checkIndex('slice: begin', begin)
    checkIndex('slice: end', end)
    check(
      begin < end && end <= this.rows,
      () => `slice: rows ${begin} to ${end} came, expected at least one of ${this.rows}`,
    )
    const range = { begin: this.#begin + begin, end: this.#begin + end }
    return new ActivationSet(this.#store, this.index, this.#shards, range)
  }

  /**
   * Batches `[size, width]` for `fit`, `evaluate` or `for await`, of which each pass holds every row once; the same for
   * the same generator and pass, from any batch on. The next rows are read while the ones before are in use.
   *
   * @throws WinnowError, from the batches, that names the shard which has gone, been cut short or holds NaN
   */
  batches(options: ActivationBatchesOptions): Batches {
    const { size, shuffle = true, seed, rng, partial = 'drop' } = options
    const { memoryRows = Math.max(2, Math.floor(MEMORY_BYTES / (this.width * this.#bytes))) } =
      options
    for (const [name, value, least] of [
      ['size', size, 1],
      ['memoryRows', memoryRows, 2],
    ] as const) {
      check(
        Number.isSafeInteger(value) && value >= least,
        () => `batches: ${name}: ${value} came, expected a whole number >= ${least}`,
      )
    }
    check(
      rng === undefined || seed === undefined,
      () => 'batches: rng and seed came, expected one of them',
    )
    checkPartial(partial)
    check(
      partial !== 'drop' || size <= this.rows,
      () => `batches: size: ${size} came for ${this.rows} rows, so that no batch is full`,
    )
    const length = (partial === 'drop' ? Math.floor : Math.ceil)(this.rows / size)
    // Two groups are there at a time: the one in use and the one that is read ahead.
    const groupRows = Math.floor(memoryRows / 2)
    const produce: ProduceBatches = (key, _epoch, from) => {
      check(!shuffle || key !== undefined, () => 'rng: none came to shuffle with')
      const own = shuffle ? key?.fold(0) : undefined
      return this.#pass(own, { size, length, from, groupRows, partial })
    }
    const generator = seed === undefined ? rng : new Rng(seed)
    return new Batches(produce, { size, length, rng: generator })
  }

  get #bytes(): number {
    return bytesOf(this.index.dtype)
  }

  async *#pass(
    rng: Rng | undefined,
    plan: {
      readonly size: number
      readonly length: number
      readonly from: number
      readonly groupRows: number
      readonly partial: PartialBatch
    },
  ): AsyncGenerator<HostBatch, void, undefined> {
    const { size, length, from, groupRows, partial } = plan
    if (from >= length) return
    const { width } = this
    const all = shuffleGroups(this.#parts(), groupRows, rng)
    const groups = all.filter(({ start, rows }) => start + rows > from * size)
    let number = from
    let row = from * size
    let batch = new Float32Array(size * width)
    let filled = 0
    let ahead = this.#load(groups[0])
    for (const [i, group] of groups.entries()) {
      const rows = (await ahead) as StoredRows
      // Asked for before it is wanted. A failure is reported where it is awaited, unless the pass is left before.
      ahead = this.#load(groups[i + 1])
      ahead.catch(() => {})
      const order = rowOrder(group, rng)
      for (; row < group.start + group.rows; row++) {
        const place = row - group.start
        const begin = (order?.[place] ?? place) * width
        decodeTo(rows, { begin, end: begin + width }, batch, filled * width)
        if (++filled < size) continue
        yield finished(batch, [size, width], size, partial)
        batch = new Float32Array(size * width)
        filled = 0
        if (++number === length) return
      }
    }
    if (partial === 'keep') {
      yield finished(batch.slice(0, filled * width), [filled, width], filled, partial)
    } else if (partial === 'pad') {
      for (let i = filled; i < size; i++) batch.copyWithin(i * width, 0, width)
      yield finished(batch, [size, width], filled, partial)
    }
  }

  /** The rows of a group, in the order of its pieces. */
  async #load(group: Group | undefined): Promise<StoredRows | undefined> {
    if (group === undefined) return undefined
    const { width } = this
    const rows = storedRows(this.index.dtype, group.rows * width)
    let place = 0
    for (const { shard, begin, end } of group.pieces) {
      const values = (end - begin) * width
      const into = rows.subarray(place, place + values) as StoredRows
      await readRows(this.#store, this.#shards[shard] as OpenShard, { begin, end, width }, into)
      place += values
    }
    return rows
  }

  /** What of each shard belongs to the set. */
  #parts(): Part[] {
    const parts: Part[] = []
    let first = 0
    for (const [shard, { rows }] of this.#shards.entries()) {
      const begin = Math.max(0, this.#begin - first)
      const end = Math.min(rows, this.#begin + this.rows - first)
      if (begin < end) parts.push({ shard, begin, end })
      first += rows
    }
    return parts
  }
}

function finished(
  data: Float32Array<ArrayBuffer>,
  shape: readonly number[],
  count: number,
  partial: PartialBatch,
): HostBatch {
  const batch: HostBatch = { inputs: { data, shape } }
  return partial === 'pad' ? withWeight(batch, count) : batch
}

/**
 * Opens what {@link collectActivations} wrote, reading the index and the shards' headers alone.
 *
 * @param options.unfinished whether a collection that is not at its end will do
 * @throws WinnowError, naming the file, for an index or a shard that is missing, cut off or of another width or type
 */
export async function openActivations(
  place: ActivationPlace,
  options: { readonly unfinished?: boolean } = {},
): Promise<ActivationSet> {
  const { unfinished = false } = options
  const store = storeOf(place)
  const index = await readIndex(store)
  const name = fileName(store, indexFile)
  check(index !== undefined, () => `${name}: there is no such file, so no activations`)
  check(
    index.complete || unfinished,
    () =>
      `${name}: the collection is not finished (${index.rows} rows so far): call collectActivations again, or pass unfinished: true`,
  )
  check(index.rows > 0, () => `${name}: no rows`)
  const shards: OpenShard[] = []
  for (const shard of index.shards) shards.push(await openShard(store, shard, index))
  return new ActivationSet(store, index, shards)
}
