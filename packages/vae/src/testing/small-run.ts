/**
 * The small run that every backend must agree on: 20 steps of a VAE from one seed, and every number that came of it.
 */
import { adamW, fit, fromArrays, Rng, slots } from '@winnow/core'
import { mlp } from '@winnow/layers'
import { VAE } from '../vae.ts'

/** Losses of the 20 steps, and the parameters at the end by path. */
export interface SmallRun {
  readonly losses: readonly number[]
  readonly parameters: ReadonlyMap<string, Float32Array>
}

export async function smallRun(): Promise<SmallRun> {
  const rng = new Rng(41)
  const data = rng.uniformValues(256 * 36).map((value) => (value > 0.6 ? 1 : 0))
  const items = fromArrays({ data, shape: [256, 6, 6, 1] })
  using model = new VAE(
    { input: [6, 6, 1], latent: 4, encoder: mlp([32, 24]), decoder: mlp([24, 32]) },
    new Rng(7),
  )
  const { history } = await fit(model, items, {
    epochs: 5,
    steps: 20,
    batch: 32,
    optimizer: adamW({ learningRate: 3e-3 }),
    seed: 3,
  })
  const parameters = new Map<string, Float32Array>()
  for (const { path, slot } of slots(model).values()) {
    parameters.set(path, (await slot.value.data()) as Float32Array)
  }
  return { losses: history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN), parameters }
}

/** The largest difference of two runs, relative to the largest value of each tensor (and of the losses). */
export function largestDifference(a: SmallRun, b: SmallRun): number {
  const pairs = [[a.losses, b.losses] as const, ...paired(a.parameters, b.parameters)]
  return Math.max(...pairs.map(([left, right]) => relative(left, right)))
}

function paired(
  a: SmallRun['parameters'],
  b: SmallRun['parameters'],
): (readonly [ArrayLike<number>, ArrayLike<number>])[] {
  return [...a].map(([path, values]) => [values, b.get(path) ?? []] as const)
}

function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let scale = 0
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs((a[i] as number) - (b[i] as number)))
    scale = Math.max(scale, Math.abs(a[i] as number))
  }
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / scale
}
