/** For the tests of replacement kernels: the same computation on two backends, with and without the replacements. */

import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { getBackend, memory, setBackend, tensor, tidy } from '@tensorflow/tfjs-core'
import { prepareBackend } from '../prepare.ts'
import type { Replacement } from './replacement.ts'
import { installReplacements, removeReplacements } from './replacement.ts'

/** Seeded values: uniform in [-1, 1), or whole numbers in [0, `below`). */
export class Samples {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    // A linear congruential generator: enough for test data, the same everywhere.
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return this.#state / 2 ** 32
  }

  whole(below: number): number {
    return Math.floor(this.next() * below)
  }

  uniform(shape: number[]): Tensor {
    const size = shape.reduce((product, length) => product * length, 1)
    return tensor(
      Float32Array.from({ length: size }, () => this.next() * 2 - 1),
      shape,
    )
  }

  integers(shape: number[], below: number, dtype: DataType = 'int32'): Tensor {
    const size = shape.reduce((product, length) => product * length, 1)
    return tensor(
      Int32Array.from({ length: size }, () => this.whole(below)),
      shape,
      dtype,
    )
  }
}

export interface Result {
  readonly shape: number[]
  readonly dtype: DataType
  readonly values: TypedArray
}

/** Runs `compute` on one backend, tidily; fails where a tensor leaks. */
export async function runOn(backendName: string, compute: () => Tensor): Promise<Result> {
  const previous = getBackend()
  await setBackend(backendName)
  prepareBackend()
  try {
    const before = memory().numTensors
    const output = tidy(compute)
    const result = { shape: output.shape, dtype: output.dtype, values: await output.data() }
    output.dispose()
    const leaked = memory().numTensors - before
    if (leaked !== 0) throw new Error(`${leaked} tensors leaked on ${backendName}`)
    return result
  } finally {
    await setBackend(previous)
  }
}

/** Runs `compute` on one backend with the stock kernel in the place of a replacement. */
export async function runStock(
  backendName: string,
  replacements: readonly Replacement[],
  compute: () => Tensor,
): Promise<Result> {
  const previous = getBackend()
  await setBackend(backendName)
  prepareBackend()
  removeReplacements(replacements)
  try {
    const output = tidy(compute)
    const result = { shape: output.shape, dtype: output.dtype, values: await output.data() }
    output.dispose()
    return result
  } finally {
    installReplacements(replacements)
    await setBackend(previous)
  }
}

/** The largest difference, relative to the largest magnitude of `expected`; infinite where shapes or NaNs differ. */
export function difference(actual: Result, expected: Result): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY
  if (actual.dtype !== expected.dtype) return Number.POSITIVE_INFINITY
  let largest = 0
  let scale = 0
  for (let i = 0; i < expected.values.length; i++) {
    const a = actual.values[i] as number
    const e = expected.values[i] as number
    if (Number.isFinite(e)) scale = Math.max(scale, Math.abs(e))
    if (Number.isNaN(a) !== Number.isNaN(e)) return Number.POSITIVE_INFINITY
    if (a === e || Number.isNaN(a)) continue
    largest = Math.max(largest, Math.abs(a - e))
  }
  return largest === 0 ? 0 : largest / Math.max(scale, Number.MIN_VALUE)
}
