/**
 * Random numbers that are the same on every backend: one counter-based generator, split like a JAX key.
 *
 * A generator is a key and a counter over {@link threefryFill}. Drawing advances the counter; `split` and `fold` give
 * generators with keys of their own. All numbers are made on the host from the bits, in float64, then rounded.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'
import { claimDraw } from './build-scope.ts'
import { captureScope, type DrawValues, type HostDataType } from './capture.ts'
import { check } from './error.ts'
import { type Key, threefry, threefryFill } from './threefry.ts'

/** Everything that a generator remembers; plain JSON, stored in checkpoints. */
export interface RngState {
  /** 64 bits as two unsigned 32-bit words. */
  readonly key: readonly [number, number]
  /** Blocks of two words drawn so far. */
  readonly blocks: number
  /** Generators split off so far. */
  readonly children: number
}

// The high counter word keeps draws, splits and folds apart.
const DRAW = 0
const SPLIT = 1
const FOLD = 2

/**
 * A generator of random numbers: the same numbers on every backend for the same seed. Draws move it on, so draw from one
 * generator in one place; give every other place its own by `split` or `fold`.
 */
export class Rng {
  /** Where the generator came from inside a compiled function: the argument's slot, and the way down from it. */
  readonly origin: RngOrigin | undefined
  #key: Key
  #blocks = 0
  #children = 0

  /**
   * @param seed an integer in [0, 2^53), or the state of another generator
   * @param origin set by {@link compile} alone
   */
  constructor(seed: number | RngState, origin?: RngOrigin) {
    this.origin = origin
    if (typeof seed === 'number') {
      check(
        Number.isSafeInteger(seed) && seed >= 0,
        () => `seed: ${seed} came, expected an integer from 0 to 2^53 - 1`,
      )
      this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32)]
    } else {
      this.#key = seed.key
      this.#blocks = seed.blocks
      this.#children = seed.children
    }
  }

  /** What it remembers now: `new Rng(rng.state)` goes on with the same numbers. */
  get state(): RngState {
    return { key: this.#key, blocks: this.#blocks, children: this.#children }
  }

  /** An independent generator; each call gives another. */
  split(): Rng {
    return this.#derive(SPLIT, this.#children++)
  }

  /** The generator numbered `index`: the same index gives the same one, whatever was drawn before. */
  fold(index: number): Rng {
    check(
      Number.isSafeInteger(index) && index >= 0,
      () => `fold: ${index} came, expected an integer >= 0`,
    )
    return this.#derive(FOLD, index)
  }

  /** Standard normal numbers by Box-Muller, scaled: float32 of `shape`. */
  normal(shape: readonly number[], options: { mean?: number; deviation?: number } = {}): Tensor {
    const { mean = 0, deviation = 1 } = options
    return this.#draw(shape, 'float32', (rng, length) => rng.normalValues(length, mean, deviation))
  }

  /** Uniform numbers in [low, high): float32 of `shape`. */
  uniform(shape: readonly number[], options: { low?: number; high?: number } = {}): Tensor {
    const { low = 0, high = 1 } = options
    return this.#draw(shape, 'float32', (rng, length) => rng.uniformValues(length, low, high))
  }

  /** Whole numbers in [low, high): int32 of `shape`. */
  integers(shape: readonly number[], options: { low?: number; high: number }): Tensor {
    const { low = 0, high } = options
    return this.#draw(shape, 'int32', (rng, length) => {
      const units = rng.#units(length)
      const out = new Int32Array(length)
      for (let i = 0; i < length; i++)
        out[i] = low + Math.floor((units[i] as number) * (high - low))
      return out
    })
  }

  /** Ones with probability `probability`, else zeros: float32 of `shape`. */
  bernoulli(shape: readonly number[], probability: number): Tensor {
    const below = probability * 2 ** 32
    // A loop over the bits themselves: `Float32Array.from` with a function takes thirty times as long.
    return this.#draw(shape, 'float32', (rng, length) => {
      const bits = rng.#bits(length)
      const out = new Float32Array(length)
      for (let i = 0; i < length; i++) out[i] = (bits[i] as number) < below ? 1 : 0
      return out
    })
  }

  /**
   * A random structure of the caller's own (masks, orders, pairings) that `make` draws on the host, as a tensor.
   *
   * Inside a compiled function it enters as an input and is made anew at every call. So `make` may depend on its
   * generator and on constants alone, and draws with the generator's host methods (`number`, `permutation`, `split`,
   * `normalValues`, `uniformValues`). The values are the same on every backend, compiled or not.
   *
   * @param make gives the values in row-major order: a Float32Array for float32, an Int32Array for int32, a Uint8Array
   *   of 0 and 1 for bool. It is given a generator of its own, as `split` makes one.
   * @throws WinnowError when `make` returns another type or number of values
   */
  generate(shape: readonly number[], dtype: HostDataType, make: (rng: Rng) => DrawValues): Tensor {
    const length = checkedLength(shape)
    const checked = (rng: Rng): DrawValues => checkDraw(make(rng), dtype, length)
    const child = this.split()
    const scope = captureScope()
    return scope === undefined
      ? tensor(checked(child), [...shape], dtype)
      : scope.draw(child, { shape, dtype }, checked)
  }

  /** One number in [0, 1), on the host. */
  number(): number {
    return this.#units(1)[0] as number
  }

  /** The whole numbers below `length` in random order (Fisher-Yates), on the host. */
  permutation(length: number): Int32Array {
    const order = Int32Array.from({ length }, (_, i) => i)
    const units = this.#units(length)
    for (let i = length - 1; i > 0; i--) {
      const j = Math.floor((units[i] as number) * (i + 1))
      const swapped = order[i] as number
      order[i] = order[j] as number
      order[j] = swapped
    }
    return order
  }

  /** The numbers of {@link normal}, on the host. */
  normalValues(length: number, mean = 0, deviation = 1): Float32Array {
    const bits = this.#bits(length + (length % 2))
    const out = new Float32Array(length)
    for (let i = 0; i < length; i += 2) {
      // (0, 1]: never the logarithm of zero.
      const radius = deviation * Math.sqrt(-2 * Math.log(((bits[i] as number) + 1) * 2 ** -32))
      const angle = 2 * Math.PI * (bits[i + 1] as number) * 2 ** -32
      out[i] = mean + radius * Math.cos(angle)
      if (i + 1 < length) out[i + 1] = mean + radius * Math.sin(angle)
    }
    return out
  }

  /** The numbers of {@link uniform}, on the host. */
  uniformValues(length: number, low = 0, high = 1): Float32Array {
    const bits = this.#bits(length)
    const out = new Float32Array(length)
    // 24 bits, all that a float32 below one can hold: rounding never reaches `high`.
    for (let i = 0; i < length; i++)
      out[i] = low + (high - low) * ((bits[i] as number) >>> 8) * 2 ** -24
    return out
  }

  #units(length: number): Float64Array {
    const bits = this.#bits(length)
    const out = new Float64Array(length)
    for (let i = 0; i < length; i++) out[i] = (bits[i] as number) * 2 ** -32
    return out
  }

  #bits(length: number): Uint32Array {
    claimDraw(length)
    const bits = new Uint32Array(length)
    threefryFill(this.#key, this.#blocks, DRAW, bits)
    this.#blocks += Math.ceil(length / 2)
    return bits
  }

  #derive(kind: number, index: number): Rng {
    const high = (kind << 24) | Math.floor(index / 2 ** 32)
    const key = threefry(this.#key, [index >>> 0, high])
    const origin = this.origin && {
      ...this.origin,
      path: [...this.origin.path, [kind, index] as const],
    }
    return new Rng({ key, blocks: 0, children: 0 }, origin)
  }

  /** The generator that this one stands for, when `root` is fed in its origin's place. */
  replay(root: Rng): Rng {
    let rng = root
    for (const [kind, index] of this.origin?.path ?? []) rng = rng.#derive(kind, index)
    return new Rng({ ...rng.state, blocks: this.#blocks })
  }

  #draw(
    shape: readonly number[],
    dtype: HostDataType,
    generate: (rng: Rng, length: number) => DrawValues,
  ): Tensor {
    const length = checkedLength(shape)
    const scope = captureScope()
    if (scope === undefined) return tensor(generate(this, length), [...shape], dtype)
    const before = new Rng(this.state, this.origin)
    this.#blocks += Math.ceil(length / 2)
    return scope.draw(before, { shape, dtype }, (rng) => generate(rng, length))
  }
}

/** The number of values of a shape that may be drawn. */
function checkedLength(shape: readonly number[]): number {
  check(
    shape.every((size) => Number.isInteger(size) && size >= 0),
    () => `shape: [${shape}] came, expected whole numbers >= 0`,
  )
  return shape.reduce((product, size) => product * size, 1)
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }

function checkDraw(values: DrawValues, dtype: HostDataType, length: number): DrawValues {
  const expected = arrays[dtype]
  check(
    values instanceof expected && values.length === length,
    () =>
      `generate: make returned ${values?.constructor?.name}(${values?.length}), expected ${expected.name}(${length})`,
  )
  return values
}

/** See {@link Rng.origin}. */
export interface RngOrigin {
  /** Identifies the argument of the compiled function. */
  readonly argument: object
  /** Kind and index of each derivation from it. */
  readonly path: readonly (readonly [kind: number, index: number])[]
}
