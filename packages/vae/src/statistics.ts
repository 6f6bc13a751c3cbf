/**
 * What the codes of a trained model carry: KL for each dimension, and active units (Burda et al. 2015).
 */

import type { Tensor } from '@tensorflow/tfjs-core'
import { concat, dispose, mean, tidy } from '@tensorflow/tfjs-core'
import {
  activeUnits,
  asBatches,
  compile,
  type DataSource,
  type HostBatch,
  inputsOf,
  loadEpoch,
  Rng,
} from '@winnow/core'
import type { VAE } from './vae.ts'

/** What {@link codeStatistics} finds: numbers for each latent dimension, in the order of the code. */
export interface CodeStatistics {
  /** KL(q(z|x) || p(z)) in nats for each latent dimension, averaged over the data; empty without a closed form. */
  readonly klPerDimension: readonly number[]
  /** Variance over the data of each dimension's posterior mean. */
  readonly varianceOfMeans: readonly number[]
  /** How many of these variances exceed 0.01. */
  readonly activeUnits: number
}

/** Reads the whole of `data`, `batch` items at a time (128 by default). */
export async function codeStatistics(
  model: VAE,
  data: DataSource,
  options: { readonly batch?: number } = {},
): Promise<CodeStatistics> {
  const { batch = 128 } = options
  const { prior } = model.choices
  using encode = compile(
    (x: Tensor) => {
      const posterior = model.encode(x)
      const kl = prior.closedFormKl?.(posterior)
      return { mean: posterior.mean, ...(kl && { kl: mean(kl, 0, true) }) }
    },
    { modules: [model] },
  )
  const pass = {
    rng: new Rng(0),
    epoch: 0,
    check: (host: HostBatch): void => model.checkData(host),
  }
  const means: Tensor[] = []
  const klSums: number[] = []
  let items = 0
  for await (const loaded of loadEpoch(asBatches(data, { size: batch, partial: 'keep' }), pass)) {
    const result = await encode(inputsOf(loaded.batch))
    means.push(result.mean)
    const kl = (await result.kl?.data()) ?? []
    for (const [i, value] of [...kl].entries()) klSums[i] = (klSums[i] ?? 0) + value * loaded.count
    items += loaded.count
    dispose([result.kl ?? [], loaded.batch] as never)
  }
  const all = tidy(() => concat(means, 0))
  const [variance, active] = tidy(() => {
    const units = activeUnits(all)
    return [units.variance, units.active]
  }) as [Tensor, Tensor]
  const varianceOfMeans = [...(await variance.data())]
  const used = [...(await active.data())].reduce((sum, one) => sum + one, 0)
  dispose([...means, all, variance, active])
  return {
    klPerDimension: klSums.map((sum) => sum / items),
    varianceOfMeans,
    activeUnits: used,
  }
}
