/** Tensors for tests: the same values on every run and backend. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'

/** Settings of {@link seededTensor}. */
export interface SeededTensorOptions {
  /** Another seed gives other values. Default 1. */
  readonly seed?: number
  /** Lower end of the values. Default -1. */
  readonly low?: number
  /** Upper end of the values. Default 1. */
  readonly high?: number
  /** Values are kept at least this far from every multiple of 1 (kinks of relu, floor, clip...). Default 0. */
  readonly margin?: number
}

/**
 * A float32 tensor of uniform values, all different by at least a small gap, so that no maximum is near a tie.
 *
 * @param shape the shape.
 */
export function seededTensor(shape: readonly number[], options: SeededTensorOptions = {}): Tensor {
  const { seed = 1, low = -1, high = 1, margin = 0 } = options
  const size = shape.reduce((product, extent) => product * extent, 1)
  // Evenly spaced values in a shuffled order: a fixed gap between any two.
  const values = Array.from({ length: size }, (_, i) => low + ((i + 0.5) / size) * (high - low))
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0
  for (let i = size - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    ;[values[i], values[j]] = [values[j] as number, values[i] as number]
  }
  return tf.tensor(
    values.map((value) => awayFromIntegers(value, margin)),
    [...shape],
    'float32',
  )
}

function awayFromIntegers(value: number, margin: number): number {
  const distance = value - Math.round(value)
  if (Math.abs(distance) >= margin) return value
  return Math.round(value) + (distance < 0 ? -margin : margin)
}
