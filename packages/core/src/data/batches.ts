/**
 * Batches: a source of batches, the same ones for the same random generator and epoch, from any offset on.
 */
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import type { Augmentation } from './augment.ts'
import type { HostBatch } from './host-array.ts'
import { prefetched } from './prefetch.ts'

/** Where a reader is: what a checkpoint stores for an exact resume. */
export interface Position {
  /** Whole passes made. */
  readonly epoch: number
  /** Batches taken of the current pass. */
  readonly offset: number
}

/** What to do with a last batch that is not full: leave it out, fill it with items of weight zero, or give it short. */
export type PartialBatch = 'drop' | 'pad' | 'keep'

/** The batches of one pass from number `from` on. `key` is the generator of this pass. */
export type ProduceBatches = (
  key: Rng | undefined,
  epoch: number,
  from: number,
) => AsyncIterable<HostBatch>

/** Changes a batch. `rng` is the same for the same epoch and batch, whatever was read before. */
export type BatchMap = (batch: HostBatch, rng: Rng) => HostBatch | Promise<HostBatch>

/** Options of {@link Batches}. */
export interface BatchesOptions {
  readonly size: number
  /** Batches in a pass, where known. */
  readonly length: number | undefined
  /** Used in place of the generator that {@link Batches.epoch} is given. */
  readonly rng: Rng | undefined
}

/** Batches of a dataset on the host, for `fit`, `evaluate` or `for await`. Each step gives new Batches. */
export class Batches implements AsyncIterable<HostBatch> {
  /** Items in a batch. */
  readonly size: number
  /** Batches in a pass; undefined where only reading to the end tells. */
  readonly length: number | undefined
  readonly #produce: ProduceBatches
  readonly #options: BatchesOptions
  readonly #depth: number
  #position: Position = { epoch: 0, offset: 0 }

  constructor(produce: ProduceBatches, options: BatchesOptions, depth = 0) {
    this.#produce = produce
    this.#options = options
    this.#depth = depth
    this.size = options.size
    this.length = options.length
  }

  /** The next batch that `for await` over this object gives. */
  get position(): Position {
    return this.#position
  }

  /** Goes on from a position that was stored. */
  seek(position: Position): void {
    checkIndex('position.epoch', position.epoch)
    checkIndex('position.offset', position.offset)
    this.#position = { epoch: position.epoch, offset: position.offset }
  }

  /**
   * The batches of pass number `epoch`. Does not touch {@link position}.
   * @param rng shuffles and augments; the generator given to `shuffle`, if any, is used instead
   * @param options.from how many batches of the pass to leave out
   */
  epoch(
    rng: Rng | undefined,
    epoch: number,
    options: { readonly from?: number } = {},
  ): AsyncIterable<HostBatch> {
    const { from = 0 } = options
    checkIndex('epoch', epoch)
    checkIndex('from', from)
    return this.#produce((this.#options.rng ?? rng)?.fold(epoch), epoch, from)
  }

  /** The rest of the current pass, moving {@link position} on; at its end the next pass begins. */
  async *[Symbol.asyncIterator](): AsyncGenerator<HostBatch, void, undefined> {
    const { epoch, offset: from } = this.#position
    let offset = from
    for await (const batch of this.epoch(undefined, epoch, { from })) {
      this.#position = { epoch, offset: ++offset }
      yield batch
    }
    this.#position = { epoch: epoch + 1, offset: 0 }
  }

  /** Changes every batch by `fn`. */
  map(fn: BatchMap): Batches {
    const depth = this.#depth + 1
    const produce = this.#produce
    return this.#step(async function* (key, epoch, from) {
      const stream = key?.fold(depth)
      let index = from
      for await (const batch of produce(key, epoch, from))
        yield await fn(batch, keyOf(stream, index++))
    })
  }

  /** Changes the inputs, images `[batch, height, width, channels]`, by random augmentations in turn. */
  augment(...augmentations: readonly Augmentation[]): Batches {
    return this.map((batch, rng) => {
      let { inputs } = batch
      for (const augmentation of augmentations) inputs = augmentation(inputs, rng)
      return { ...batch, inputs }
    })
  }

  /** The first `count` batches of each pass. */
  take(count: number): Batches {
    checkIndex('count', count)
    const produce = this.#produce
    const length = this.length === undefined ? undefined : Math.min(count, this.length)
    return this.#step(
      async function* (key, epoch, from) {
        let left = count - from
        if (left <= 0) return
        for await (const batch of produce(key, epoch, from)) {
          yield batch
          if (--left === 0) return
        }
      },
      { length },
    )
  }

  /** Makes up to `count` batches ahead while others are in use; worth it where making them waits for something. */
  prefetch(count: number): Batches {
    check(
      Number.isInteger(count) && count >= 1,
      () => `count: ${count} came, expected a whole number >= 1`,
    )
    const produce = this.#produce
    return this.#step((key, epoch, from) => prefetched(produce(key, epoch, from), count))
  }

  #step(produce: ProduceBatches, changes: Partial<BatchesOptions> = {}): Batches {
    return new Batches(produce, { ...this.#options, ...changes }, this.#depth + 1)
  }
}

/** The generator of one batch. It complains when used, not when made: many steps draw nothing. */
function keyOf(stream: Rng | undefined, index: number): Rng {
  if (stream !== undefined) return stream.fold(index)
  return new Proxy({} as Rng, {
    get(_, name) {
      check(
        false,
        () =>
          `rng: none came, and the data draws '${String(name)}': use shuffle(rng) or epoch(rng, ...)`,
      )
    },
  })
}

/** Throws a WinnowError unless `value` is a whole number >= 0. */
export function checkIndex(argument: string, value: number): void {
  check(
    Number.isInteger(value) && value >= 0,
    () => `${argument}: ${value} came, expected a whole number >= 0`,
  )
}
