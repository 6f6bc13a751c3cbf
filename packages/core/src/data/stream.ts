/**
 * Datasets that come as a stream: items of an async generator, read anew in each pass; they may never end.
 */
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import { Batches, checkIndex, type PartialBatch } from './batches.ts'
import { checkPartial } from './dataset.ts'
import { withWeight } from './gather.ts'
import { checkArray, type HostArray, type HostBatch, toHostArray } from './host-array.ts'
import type { Normalisation } from './normalisation.ts'

/** One item: its inputs, or a record of fields, each without a batch axis. */
export type StreamItem = HostArray | StreamFields

/** The fields of one item by name, without a batch axis. */
export interface StreamFields {
  readonly inputs: HostArray
  readonly [field: string]: HostArray
}

/** Gives the items of pass number `epoch`. It must give the same for the same `rng` and `epoch`, or a resume is not exact. */
export type StreamSource = (
  rng: Rng | undefined,
  epoch: number,
) => AsyncIterable<StreamItem> | Iterable<StreamItem>

/** Items as they come, each without a batch axis. Every change gives a new dataset of the same source. */
export class StreamDataset {
  readonly #source: StreamSource
  readonly #normalisation: Normalisation | undefined

  constructor(source: StreamSource, normalisation?: Normalisation) {
    this.#source = source
    this.#normalisation = normalisation
  }

  /** The normalisation that batches have been through, if any. */
  get normalisation(): Normalisation | undefined {
    return this.#normalisation
  }

  /** Changes every item by `fn`. */
  map(fn: (item: StreamItem) => StreamItem | Promise<StreamItem>): StreamDataset {
    const source = this.#source
    return this.#with(async function* (rng, epoch) {
      for await (const item of source(rng, epoch)) yield await fn(item)
    })
  }

  /** The first `count` items of each pass. */
  take(count: number): StreamDataset {
    checkIndex('count', count)
    const source = this.#source
    return this.#with(async function* (rng, epoch) {
      let left = count
      if (left === 0) return
      for await (const item of source(rng, epoch)) {
        yield item
        if (--left === 0) return
      }
    })
  }

  /** Gives a random one of `buffer` items held back at a time: a true shuffle only where `buffer` holds them all. */
  shuffle(options: { readonly buffer: number }): StreamDataset {
    const { buffer } = options
    check(
      Number.isInteger(buffer) && buffer >= 1,
      () => `buffer: ${buffer} came, expected a whole number >= 1`,
    )
    const source = this.#source
    return this.#with(async function* (rng, epoch) {
      check(rng !== undefined, () => 'rng: none came to shuffle with')
      const draws = rng.fold(0)
      const held: StreamItem[] = []
      const draw = () => {
        const place = Math.floor(draws.number() * held.length)
        const drawn = held[place] as StreamItem
        const last = held.pop() as StreamItem
        if (place < held.length) held[place] = last
        return drawn
      }
      for await (const item of source(rng, epoch)) {
        held.push(item)
        if (held.length > buffer) yield draw()
      }
      while (held.length > 0) yield draw()
    })
  }

  /** Normalises the inputs of each batch. */
  normalise(normalisation: Normalisation): StreamDataset {
    check(this.#normalisation === undefined, () => 'inputs: normalised already')
    return new StreamDataset(this.#source, normalisation)
  }

  /** Batches of `size` items; `partial` as for datasets in memory. A start at a later batch reads past the ones before. */
  batch(
    size: number,
    options: { readonly partial?: PartialBatch; readonly rng?: Rng } = {},
  ): Batches {
    const { partial = 'drop', rng } = options
    check(
      Number.isInteger(size) && size >= 1,
      () => `size: ${size} came, expected a whole number >= 1`,
    )
    checkPartial(partial)
    const source = this.#source
    const normalisation = this.#normalisation
    return new Batches(
      async function* (key, epoch, from) {
        const collector = new Collector(size, normalisation)
        let skip = from * size
        let number = 0
        for await (const item of source(key, epoch)) {
          const index = number++
          if (skip-- > 0) continue
          collector.add(item, index)
          if (collector.count === size) yield collector.finish(partial)
        }
        check(number > 0, () => 'source: gave no items, expected at least one')
        if (collector.count > 0 && partial !== 'drop') yield collector.finish(partial)
      },
      { size, length: undefined, rng },
    )
  }

  #with(source: StreamSource): StreamDataset {
    return new StreamDataset(source, this.#normalisation)
  }
}

/** A dataset of the items that `source` gives: `fromIterable(async function* () { ... })`. */
export function fromIterable(source: StreamSource): StreamDataset {
  return new StreamDataset(source)
}

/** Collects items of one shape into a batch. */
class Collector {
  count = 0
  readonly #size: number
  readonly #normalisation: Normalisation | undefined
  #shapes: ReadonlyMap<string, readonly number[]> | undefined
  #items: Map<string, HostArray>[] = []

  constructor(size: number, normalisation: Normalisation | undefined) {
    this.#size = size
    this.#normalisation = normalisation
  }

  add(item: StreamItem, index: number): void {
    const fields = ArrayBuffer.isView(item['data'])
      ? { inputs: item as HostArray }
      : (item as StreamFields)
    const arrays = new Map(
      Object.entries(fields).map(([field, array]) => {
        checkArray(`item ${index}, ${field}`, array.data, array.shape)
        return [field, toHostArray(`item ${index}, ${field}`, array)]
      }),
    )
    this.#shapes ??= new Map([...arrays].map(([field, array]) => [field, array.shape]))
    const names = [...this.#shapes.keys()]
    check(
      arrays.has('inputs') &&
        arrays.size === names.length &&
        names.every((field) => arrays.has(field)),
      () =>
        `item ${index}: has the fields ${[...arrays.keys()]}, expected ${names} (inputs among them)`,
    )
    for (const [field, { shape }] of arrays) {
      const first = this.#shapes.get(field) as readonly number[]
      check(
        shape.length === first.length && shape.every((size, axis) => size === first[axis]),
        () => `item ${index}: ${field} has shape [${shape}], the items before it have [${first}]`,
      )
    }
    this.#items.push(arrays)
    this.count++
  }

  finish(partial: PartialBatch): HostBatch {
    const { count } = this
    const size = partial === 'pad' ? this.#size : count
    const entries = [...(this.#shapes as ReadonlyMap<string, readonly number[]>)].map(
      ([field, shape]) => [field, this.#join(field, shape, size)] as const,
    )
    this.#items = []
    this.count = 0
    const batch = Object.fromEntries(entries) as unknown as HostBatch
    return partial === 'pad' ? withWeight(batch, count) : batch
  }

  #join(
    field: string,
    shape: readonly number[],
    size: number,
  ): HostArray<Float32Array | Int32Array> {
    const arrays = this.#items.map((item) => item.get(field) as HostArray)
    const [first] = arrays as [HostArray]
    const itemSize = first.data.length
    const whole = first.data instanceof Int32Array
    const out = whole ? new Int32Array(size * itemSize) : new Float32Array(size * itemSize)
    for (let i = 0; i < size; i++) {
      out.set((arrays[i % arrays.length] as HostArray).data, i * itemSize)
    }
    if (field === 'inputs' && this.#normalisation !== undefined) {
      check(
        out instanceof Float32Array,
        () => 'inputs: int32 came, expected bytes or float32 to normalise',
      )
      this.#normalisation.applyInPlace(out)
    }
    return { data: out, shape: [size, ...shape] }
  }
}
