/**
 * The small run that every backend must agree on: 10 steps of a TopK autoencoder with all its losses, from one seed.
 */

import { tensor } from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, Rng, slots } from '@winnow/core'
import { topK } from '../activations/top-k.ts'
import { unitNormDecoder } from '../constraints/unit-norm-decoder.ts'
import { initialiseFromData } from '../initialise/from-data.ts'
import { auxK } from '../losses/aux-k.ts'
import { multiTopK } from '../losses/multi-top-k.ts'
import type { Path } from '../path.ts'
import { SparseAutoencoder } from '../sparse-autoencoder.ts'
import { knownFeatures } from './steps.ts'

/** Losses of the 10 steps, and the parameters and states at the end by path. */
export interface SmallRun {
  readonly losses: readonly number[]
  readonly values: ReadonlyMap<string, Float32Array>
}

export async function smallRun(path: Path): Promise<SmallRun> {
  const inputs = 20
  const { data } = knownFeatures({ rows: 320, inputs, features: 30, active: 3 })
  using model = new SparseAutoencoder(
    {
      inputs,
      latents: 90,
      activation: topK(4),
      losses: [auxK({ k: 8 }), multiTopK()],
      constraints: [unitNormDecoder()],
      deadAfter: 100,
      path,
    },
    new Rng(7),
  )
  const sample = tensor(data, [320, inputs])
  await initialiseFromData(model, sample)
  sample.dispose()
  const { history } = await fit(model, fromArrays({ data, shape: [320, inputs] }), {
    epochs: 2,
    steps: 10,
    batch: 64,
    optimizer: adam({ learningRate: 2e-3 }),
    seed: 3,
  })
  const values = new Map<string, Float32Array>()
  for (const { path: name, slot } of slots(model).values()) {
    values.set(name, (await slot.value.data()) as Float32Array)
  }
  return { losses: history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN), values }
}

/** The largest difference of two runs, relative to the largest value of each tensor (and of the losses). */
export function largestDifference(a: SmallRun, b: SmallRun): number {
  const pairs: (readonly [ArrayLike<number>, ArrayLike<number>])[] = [
    [a.losses, b.losses],
    ...[...a.values].map(([path, values]) => [values, b.values.get(path) ?? []] as const),
  ]
  return Math.max(...pairs.map(([left, right]) => relative(left, right)))
}

function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let scale = 0
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs((a[i] as number) - (b[i] as number)))
    scale = Math.max(scale, Math.abs(a[i] as number))
  }
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / (scale || 1)
}
