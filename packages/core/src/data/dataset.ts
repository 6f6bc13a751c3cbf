/**
 * A dataset in memory: typed arrays on the host, so nothing of it sits on a GPU, read by random access.
 */
import { check, WinnowError } from '../error.ts'
import type { Rng } from '../rng.ts'
import { Batches, checkIndex, type PartialBatch } from './batches.ts'
import { gatherItems, type ItemSource, withWeight } from './gather.ts'
import { type FileData, type HostArray, type HostBatch, sizeOf, toHostArray } from './host-array.ts'
import { type Normalisation, standardNormalisation } from './normalisation.ts'

/** Fields by name, each `[length, ...item]`. */
export interface DatasetFields {
  readonly inputs: HostArray
  readonly [field: string]: HostArray
}

/** How an {@link ArrayDataset} shows the arrays below it. */
export interface DatasetView {
  /** Which items, in order; all of them when undefined. */
  readonly indices?: Int32Array | undefined
  readonly shuffled?: boolean
  readonly rng?: Rng | undefined
  readonly normalisation?: Normalisation | undefined
}

/** Items in memory, each `[...item]` of one shape. Every change gives a new dataset over the same arrays. */
export class ArrayDataset {
  readonly fields: DatasetFields
  /** How many items it has. */
  readonly length: number
  /** The shape of one item of `inputs`. */
  readonly itemShape: readonly number[]
  /** The element type that `inputs` has in a batch: bytes become float32. */
  readonly dtype: 'float32' | 'int32'
  readonly #sources: ReadonlyMap<string, ItemSource>
  readonly #view: DatasetView

  /** @throws WinnowError when there is no item, or the fields' lengths differ */
  constructor(fields: DatasetFields, view: DatasetView = {}) {
    check(fields.inputs !== undefined, () => "fields: expected a field named 'inputs'")
    const total = fields.inputs.shape[0] ?? 0
    const sources = new Map<string, ItemSource>()
    const held = new Map<string, HostArray>()
    for (const [name, field] of Object.entries(fields)) {
      const array = toHostArray(name, field)
      const { data, shape } = array
      held.set(name, array)
      check(
        shape.length > 0 && shape[0] === total,
        () => `${name}: shape [${shape}] came, expected ${total} items as in inputs`,
      )
      sources.set(name, { data, itemShape: shape.slice(1), itemSize: sizeOf(shape.slice(1)) })
    }
    check(
      total > 0,
      () => `inputs: no items came (shape [${fields.inputs.shape}]), expected at least one`,
    )
    this.fields = Object.fromEntries(held) as unknown as DatasetFields
    this.#sources = sources
    this.#view = view
    this.length = view.indices?.length ?? total
    this.itemShape = fields.inputs.shape.slice(1)
    this.dtype = held.get('inputs')?.data instanceof Int32Array ? 'int32' : 'float32'
  }

  /** The normalisation that batches have been through, if any. */
  get normalisation(): Normalisation | undefined {
    return this.#view.normalisation
  }

  /** Draws a new order for each pass from `rng`, or from the generator that the pass is given. */
  shuffle(rng?: Rng): ArrayDataset {
    return this.#with({ shuffled: true, rng: rng ?? this.#view.rng })
  }

  /**
   * Normalises the inputs of each batch: by `normalisation`, or by the mean and deviation of this dataset's items.
   * @throws WinnowError when the inputs are int32, normalised already, or have other channels
   */
  normalise(normalisation?: Normalisation): ArrayDataset {
    check(
      this.dtype === 'float32',
      () => 'inputs: int32 came, expected bytes or float32 to normalise',
    )
    check(this.normalisation === undefined, () => 'inputs: normalised already')
    const chosen = normalisation ?? standardNormalisation(this.#inputs())
    const channels = this.itemShape.at(-1) ?? 1
    check(
      chosen.channels === 1 || chosen.channels === channels,
      () =>
        `normalisation: for ${chosen.channels} channels, but items have shape [${this.itemShape}]`,
    )
    return this.#with({ normalisation: chosen })
  }

  /** The first `count` items. */
  take(count: number): ArrayDataset {
    checkIndex('count', count)
    return this.#subset(this.#indices().slice(0, count))
  }

  /** The items numbered `indices`, in that order; one may come twice. */
  select(indices: ArrayLike<number>): ArrayDataset {
    const own = this.#indices()
    return this.#subset(
      Int32Array.from(indices, (index) => {
        check(
          Number.isInteger(index) && index >= 0 && index < own.length,
          () => `indices: ${index} came, expected whole numbers from 0 to ${own.length - 1}`,
        )
        return own[index] as number
      }),
    )
  }

  /**
   * Parts without common items: in two at a fraction (`split(0.9)`), or in parts of given counts. In random order with
   * `rng`, else as they lie.
   */
  split(fraction: number, rng?: Rng): [ArrayDataset, ArrayDataset]
  split(counts: readonly number[], rng?: Rng): ArrayDataset[]
  split(parts: number | readonly number[], rng?: Rng): ArrayDataset[] {
    const counts = typeof parts === 'number' ? this.#fractionCounts(parts) : parts
    const wanted = counts.reduce((sum, count) => sum + count, 0)
    check(
      counts.every((count) => Number.isInteger(count) && count > 0) && wanted <= this.length,
      () =>
        `split: counts [${counts}] came, expected whole numbers > 0, together at most ${this.length}`,
    )
    const own = this.#indices()
    const order = rng === undefined ? own : rng.permutation(own.length).map((i) => own[i] as number)
    let start = 0
    return counts.map((count) => {
      start += count
      return this.#subset(order.slice(start - count, start))
    })
  }

  /** The items numbered `indices` as one batch. */
  gather(indices: ArrayLike<number>): HostBatch {
    return this.#gather(this.select(indices).#indices())
  }

  /**
   * Batches of `size` items.
   * @param options.partial what becomes of a last batch that is not full: 'drop' (default), 'pad' (filled with repeated
   * items, and every batch has a `weight` of `[batch]` that is zero for them) or 'keep'
   */
  batch(size: number, options: { readonly partial?: PartialBatch } = {}): Batches {
    const { partial = 'drop' } = options
    check(
      Number.isInteger(size) && size >= 1,
      () => `size: ${size} came, expected a whole number >= 1`,
    )
    checkPartial(partial)
    check(
      partial !== 'drop' || size <= this.length,
      () =>
        `size: ${size} came for ${this.length} items, so that no batch is full; take a smaller one, or partial: 'pad'`,
    )
    const length = (partial === 'drop' ? Math.floor : Math.ceil)(this.length / size)
    const { shuffled = false, rng } = this.#view
    const own = this.#indices()
    const order = (key: Rng | undefined) => {
      if (!shuffled) return own
      if (key === undefined) throw new WinnowError('rng: none came to shuffle with')
      return key
        .fold(0)
        .permutation(own.length)
        .map((i) => own[i] as number)
    }
    const gather = (indices: Int32Array) => this.#gather(indices)
    return new Batches(
      async function* (key, _epoch, from) {
        const indices = order(key)
        for (let batch = from; batch < length; batch++) {
          const part = indices.subarray(batch * size, (batch + 1) * size)
          if (partial !== 'pad') yield gather(part)
          else yield withWeight(gather(padded(part, size)), part.length)
        }
      },
      { size, length, rng },
    )
  }

  #gather(indices: Int32Array): HostBatch {
    const entries = [...this.#sources].map(([name, source]) => [
      name,
      gatherItems(source, indices, name === 'inputs' ? this.normalisation : undefined),
    ])
    return Object.fromEntries(entries) as HostBatch
  }

  /** The inputs of this view's items; no copy when they are all there are. */
  #inputs(): HostArray {
    const { indices } = this.#view
    return indices === undefined ? this.fields.inputs : this.#gather(indices).inputs
  }

  #indices(): Int32Array {
    return this.#view.indices ?? Int32Array.from({ length: this.length }, (_, i) => i)
  }

  #subset(indices: Int32Array): ArrayDataset {
    check(indices.length > 0, () => 'dataset: no items would be left')
    return this.#with({ indices })
  }

  #with(changes: DatasetView): ArrayDataset {
    return new ArrayDataset(this.fields, { ...this.#view, ...changes })
  }

  #fractionCounts(fraction: number): number[] {
    const first = Math.round(this.length * fraction)
    check(
      fraction > 0 && fraction < 1 && first > 0 && first < this.length,
      () =>
        `split: ${fraction} of ${this.length} items came, expected a fraction that leaves items on both sides`,
    )
    return [first, this.length - first]
  }
}

/**
 * A dataset of typed arrays: `data` with shape `[length, ...item]`, and one whole-number label for each item if any.
 */
export function fromArrays(arrays: {
  readonly data: FileData
  readonly shape: readonly number[]
  readonly labels?: ArrayLike<number>
}): ArrayDataset {
  const { data, shape, labels } = arrays
  const inputs = toHostArray('data', { data, shape })
  if (labels === undefined) return new ArrayDataset({ inputs })
  return new ArrayDataset({
    inputs,
    labels: { data: Int32Array.from(labels), shape: [labels.length] },
  })
}

/** Throws a WinnowError unless `partial` is one of the three. */
export function checkPartial(partial: PartialBatch): void {
  check(
    partial === 'drop' || partial === 'pad' || partial === 'keep',
    () => `partial: '${partial}' came, expected 'drop', 'pad' or 'keep'`,
  )
}

/** `indices` repeated from the start up to `size` of them: padding that is valid data. */
function padded(indices: Int32Array, size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => indices[i % indices.length] as number)
}
