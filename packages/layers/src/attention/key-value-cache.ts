/**
 * The keys and values of earlier tokens, so that decoding computes those of new ones only.
 *
 * All places exist from the start and the position is a tensor, so that one compiled function serves every step.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  clipByValue,
  expandDims,
  gather,
  greaterEqual,
  less,
  logicalAnd,
  range,
  sub,
  where,
  zeros,
} from '@tensorflow/tfjs-core'
import { check, Module, State } from '@winnow/core'
import { checkCount } from '../shape.ts'

/** See {@link KeyValueCache}. */
export interface KeyValueCacheConfig {
  /** How many sequences are decoded together. */
  readonly batch: number
  /** Heads of keys and values. */
  readonly heads: number
  /** The most tokens of a sequence. */
  readonly capacity: number
  /** Width of a head. */
  readonly size: number
}

/**
 * A cache of one attention, for inference. Slots: `keys` and `values`, `[batch, heads, capacity, size]`. A new sequence
 * simply starts at position 0: what lies after the last token written is never looked at.
 */
export class KeyValueCache extends Module {
  readonly config: KeyValueCacheConfig
  readonly keys: State
  readonly values: State

  constructor(config: KeyValueCacheConfig) {
    super()
    const { batch, heads, capacity, size } = config
    for (const [name, count] of Object.entries({ batch, heads, capacity, size })) {
      checkCount(`KeyValueCache: ${name}`, count)
    }
    this.config = config
    this.keys = new State(zeros([batch, heads, capacity, size]))
    this.values = new State(zeros([batch, heads, capacity, size]))
  }

  /**
   * Writes `[batch, heads, tokens, size]` at the places from `position` on and returns all places,
   * `[batch, heads, capacity, size]`, which belong to the cache.
   *
   * @param position place of the first token: a number, or an int32 scalar where it changes from call to call of a
   * compiled function. A tensor's value is not known here: what would lie beyond the capacity is dropped.
   * @throws WinnowError when shapes differ, or tokens do not fit as far as this is known
   */
  append(
    keys: Tensor,
    values: Tensor,
    position: number | Tensor,
  ): { readonly keys: Tensor; readonly values: Tensor } {
    const { batch, heads, capacity, size } = this.config
    for (const { shape } of [keys, values]) {
      check(
        shape.length === 4 && shape[0] === batch && shape[1] === heads && shape[3] === size,
        () =>
          `KeyValueCache: keys or values of shape [${shape}] came, expected [${batch}, ${heads}, tokens, ${size}]`,
      )
    }
    const tokens = keys.shape[2] as number
    this.checkRoom(tokens, position)
    const first = typeof position === 'number' ? position : cast(position, 'float32')
    // In float32, for wasm clips nothing else. Place p gets token p - position where there is one: a Gather and a choice, for want of a scatter everywhere.
    const token: Tensor = sub(range(0, capacity), first)
    const written = expandDims(logicalAnd(greaterEqual(token, 0), less(token, tokens)), -1)
    const source = tokens === 1 ? undefined : cast(clipByValue(token, 0, tokens - 1), 'int32')
    for (const [slot, added] of [
      [this.keys, keys],
      [this.values, values],
    ] as const) {
      const spread = source === undefined ? added : gather(added, source, 2)
      slot.assign(where(written, spread, slot.value))
    }
    return { keys: this.keys.value, values: this.values.value }
  }

  /** Throws unless `tokens` more fit from `position` on, as far as this is known. */
  checkRoom(tokens: number, position: number | Tensor): void {
    const { capacity } = this.config
    if (typeof position !== 'number') {
      check(
        position.size === 1 && position.rank === 0,
        () => `position: a tensor of shape [${position.shape}] came, expected a scalar`,
      )
    }
    const known = typeof position === 'number' ? position : 0
    check(
      Number.isInteger(known) && known >= 0 && known + tokens <= capacity,
      () =>
        `KeyValueCache: ${tokens} tokens from position ${known} on came, expected them to end within the capacity of ${capacity}`,
    )
  }

  /** Which places tokens from `position` on may look at, themselves and all before: bool `[tokens, capacity]`. */
  mask(tokens: number, position: number | Tensor): Tensor {
    const first = typeof position === 'number' ? position : cast(position, 'float32')
    const last = expandDims(add(range(0, tokens), first), -1)
    return greaterEqual(last, range(0, this.config.capacity))
  }
}
