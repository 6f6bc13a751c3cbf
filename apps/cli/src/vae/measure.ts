/**
 * What is measured of a trained variational autoencoder on data that it has not seen.
 */

import { dispose, tensor } from '@tensorflow/tfjs-core'
import { type ArrayDataset, evaluate, Rng } from '@winnow/core'
import { codeStatistics, logLikelihood, type VAE } from '@winnow/vae'
import { number } from '../progress-bar.ts'
import { table } from '../table.ts'

/** In nats per item. */
export interface VaeMeasures {
  readonly items: number
  readonly elbo: number
  readonly reconstruction: number
  readonly kl: number
  readonly activeUnits: number
  readonly latent: number
  readonly klPerDimension: readonly number[]
  /** Importance-weighted estimate of log p(x), and what it was estimated from. */
  readonly logLikelihood?: {
    readonly value: number
    readonly samples: number
    readonly items: number
  }
}

/** ELBO and its parts over all of `test`, and how much of the code is in use. */
export async function measureVae(model: VAE, test: ArrayDataset): Promise<VaeMeasures> {
  const metrics = await evaluate(model, test, { batch: 200 })
  const { activeUnits, klPerDimension } = await codeStatistics(model, test, { batch: 200 })
  return {
    items: test.length,
    elbo: metrics['elbo'] ?? Number.NaN,
    reconstruction: metrics['reconstruction'] ?? Number.NaN,
    kl: metrics['kl'] ?? Number.NaN,
    activeUnits,
    latent: model.config.latent,
    klPerDimension,
  }
}

/** The importance-weighted log-likelihood of the first `items` items, from `samples` draws each. */
export async function measureLogLikelihood(
  model: VAE,
  test: ArrayDataset,
  options: { readonly samples: number; readonly items: number },
): Promise<NonNullable<VaeMeasures['logLikelihood']>> {
  const { samples } = options
  const items = Math.min(options.items, test.length)
  const rng = new Rng(1)
  const batch = 20
  let sum = 0
  for (let start = 0; start < items; start += batch) {
    const indices = Array.from({ length: Math.min(batch, items - start) }, (_, i) => start + i)
    const { inputs } = test.gather(indices)
    const x = tensor(inputs.data, [...inputs.shape])
    const values = await logLikelihood(model, x, { samples, rng })
    for (const value of await values.data()) sum += value
    dispose([x, values])
  }
  return { value: sum / items, samples, items }
}

/** The measures as lines of text. */
export function report(measured: VaeMeasures): string {
  const { elbo, reconstruction, kl, activeUnits, latent, items, logLikelihood: estimate } = measured
  const nats = (name: string, value: number, note = ''): string[] => [
    name,
    value.toFixed(2),
    `nats${note === '' ? '' : `  ${note}`}`,
  ]
  const rows = [
    nats('test ELBO', elbo, `= -(reconstruction + KL), mean over ${number(items)} items`),
    nats('reconstruction', reconstruction),
    nats('KL', kl),
    ...(estimate === undefined
      ? []
      : [
          nats(
            'log-likelihood',
            estimate.value,
            `by importance sampling: ${number(estimate.items)} items, ${number(estimate.samples)} draws each`,
          ),
        ]),
    ['active units', String(activeUnits), `of ${latent}`],
  ]
  return table(rows, [1])
}
