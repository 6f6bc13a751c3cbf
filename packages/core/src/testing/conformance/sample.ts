/** Inputs of the conformance suite: values on the host, the same on every run and in every process. */
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'

/** A tensor by its values. */
export interface Sample {
  readonly shape: readonly number[]
  readonly dtype: Extract<DataType, 'float32' | 'int32' | 'bool'>
  readonly values: TypedArray
}

/** Settings of {@link floats}. */
export interface FloatOptions {
  /** Another seed gives other values. Default 1. */
  readonly seed?: number
  /** Lower end of the values. Default -1. */
  readonly low?: number
  /** Upper end of the values. Default 1. */
  readonly high?: number
  /** Values are kept this far from whole numbers, where floor, relu, clip... have a kink. Default 0. */
  readonly margin?: number
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

/** Evenly spaced values in a shuffled order, all different: no maximum is near a tie. */
export function floats(shape: readonly number[], options: FloatOptions = {}): Sample {
  const { seed = 1, low = -1, high = 1, margin = 0 } = options
  const size = sizeOf(shape)
  const values = Float32Array.from({ length: size }, (_, i) => {
    const value = low + ((i + 0.5) / size) * (high - low)
    const nearest = Math.round(value)
    if (Math.abs(value - nearest) >= margin) return value
    return nearest + (value < nearest ? -margin : margin)
  })
  const next = generator(seed)
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[values[i], values[j]] = [values[j] as number, values[i] as number]
  }
  return { shape, dtype: 'float32', values }
}

/** Whole numbers in [low, high), int32. */
export function integers(shape: readonly number[], low: number, high: number, seed = 1): Sample {
  const next = generator(seed)
  const values = Int32Array.from({ length: sizeOf(shape) }, () =>
    Math.floor(low + next() * (high - low)),
  )
  return { shape, dtype: 'int32', values }
}

/** Zeros and ones, bool. */
export function booleans(shape: readonly number[], seed = 1): Sample {
  return { shape, dtype: 'bool', values: Uint8Array.from(integers(shape, 0, 2, seed).values) }
}

/** Given values. */
export function exactly(
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: Sample['dtype'] = 'float32',
): Sample {
  const typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype]
  return { shape, dtype, values: typed.from(values) }
}

/** A new tensor on the active backend; the values are copied. */
export function tensorOf({ shape, dtype, values }: Sample): Tensor {
  return tensor(values.slice(), [...shape], dtype)
}

/** Numbers in [0, 1) from a linear congruential generator. */
function generator(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
