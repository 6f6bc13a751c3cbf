/** What the tests of this package share: a small data set, a context, gradients by name. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { scalar } from '@tensorflow/tfjs-core'
import { type Context, parameters, Rng, type State, valueAndGradient } from '@winnow/core'
import type { SparseAutoencoder } from '../sparse-autoencoder.ts'

/** A context outside `fit`; what is put in `updates` would be committed. */
export function contextOf(updates: Map<State, Tensor> = new Map()): Context {
  return {
    rng: new Rng(1),
    step: scalar(0),
    training: true,
    scalars: {},
    update: (state, value) => {
      updates.set(state, value)
    },
  }
}

/** Metrics and gradients of one batch, by parameter name. */
export function gradientsOf(
  model: SparseAutoencoder,
  x: Tensor,
): { readonly values: Record<string, Tensor>; readonly gradients: Map<string, Tensor> } {
  const named = [...parameters(model)]
  const { values, gradients } = valueAndGradient(
    () => model.loss(x, contextOf()),
    named.map(([, parameter]) => parameter.value),
  )
  return {
    values: values as Record<string, Tensor>,
    gradients: new Map(named.map(([path], i) => [path, gradients[i] as Tensor])),
  }
}

/**
 * Examples that are sums of few known directions: `active` of `features` unit vectors, each weighted by 0.5 to 1.5.
 *
 * @returns rows of `inputs` numbers, and the directions `[features, inputs]`
 */
export function knownFeatures(options: {
  readonly rows: number
  readonly inputs: number
  readonly features: number
  readonly active: number
  readonly seed?: number
}): { readonly data: Float32Array; readonly directions: Float32Array } {
  const { rows, inputs, features, active, seed = 5 } = options
  const rng = new Rng(seed)
  const directions = rng.normalValues(features * inputs)
  for (let f = 0; f < features; f++) {
    const row = directions.subarray(f * inputs, (f + 1) * inputs)
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
    for (const [i, value] of row.entries()) row[i] = value / length
  }
  const data = new Float32Array(rows * inputs)
  for (let r = 0; r < rows; r++) {
    for (const feature of rng.permutation(features).subarray(0, active)) {
      const weight = 0.5 + rng.number()
      for (let i = 0; i < inputs; i++) {
        const place = r * inputs + i
        data[place] =
          (data[place] as number) + weight * (directions[feature * inputs + i] as number)
      }
    }
  }
  return { data, directions }
}
