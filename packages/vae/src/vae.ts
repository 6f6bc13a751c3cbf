/**
 * The variational autoencoder, Kingma and Welling 2013 (Rezende, Mohamed and Wierstra 2014): a latent-variable model
 * trained by a lower bound on the likelihood.
 *
 *     log p(x) >= ELBO(x) = E_q(z|x)[log p(x|z)] - KL(q(z|x) || p(z)),   loss = -E[log p(x|z)] + beta * KL
 *
 * Posterior, prior, likelihood, divergence and both networks are independent choices.
 */

import type { Tensor } from '@tensorflow/tfjs-core'
import { add, cast, greater, mean, mul, neg, scalar, sum } from '@tensorflow/tfjs-core'
import {
  type Autoencoder,
  type Batch,
  type Context,
  check,
  checkItems,
  type Distribution,
  type EpochRecord,
  type HostBatch,
  inputsOf,
  type LossResult,
  Module,
  type ReconstructOptions,
  type Rng,
} from '@winnow/core'
import { type LayerModule, type Network, network } from '@winnow/layers'
import {
  type Choices,
  type DivergenceChoice,
  type LikelihoodChoice,
  type PosteriorChoice,
  type PriorChoice,
  resolveChoices,
} from './choices.ts'
import { collapseWarnings, UNUSED_NATS } from './collapse.ts'

/** Plain JSON as long as every choice is a name or a described network: then a checkpoint can rebuild the model. */
export interface VAEConfig {
  /** Shape of one input, such as `[28, 28, 1]`. */
  readonly input: readonly number[]
  /** Latent dimensions. */
  readonly latent: number
  /** `[batch, ...input]` -> the posterior's parameters. */
  readonly encoder: Network
  /** `[batch, latent]` -> the likelihood's parameters. */
  readonly decoder: Network
  /** `gaussian` by default. */
  readonly posterior?: PosteriorChoice
  /** `standardNormal` by default. */
  readonly prior?: PriorChoice
  /** `bernoulli` by default. */
  readonly likelihood?: LikelihoodChoice
  /** `kl` by default. */
  readonly divergence?: DivergenceChoice
  /** Weight of the divergence, 1 by default (beta-VAE: Higgins et al. 2017). A schedule named `beta` given to `fit` wins. */
  readonly beta?: number
  /** Nats that each latent dimension may carry for nothing, 0 by default (Kingma et al. 2016). */
  readonly freeBits?: number
}

/** What the loss reports, in nats per example: means over the batch. */
export type VAELoss = LossResult & {
  /** `-E[log p(x|z)]`, from one draw of z. */
  readonly reconstruction: Tensor
  /** KL(q(z|x) || p(z)), or the divergence that was chosen. */
  readonly kl: Tensor
  /** `-(reconstruction + kl)`: no beta, no free bits. */
  readonly elbo: Tensor
}

/**
 * The variational autoencoder: `new VAE(config, rng)`, trained by `fit`. Codes are distributions over `[batch, latent]`.
 */
export class VAE extends Module implements Autoencoder<Distribution> {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'VAE'
  readonly config: VAEConfig
  readonly choices: Choices
  readonly encoder: LayerModule
  readonly decoder: LayerModule

  /** @throws WinnowError for unknown names, and for sizes that are not whole numbers >= 1 */
  constructor(config: VAEConfig, rng: Rng) {
    super()
    const { input, latent, beta = 1, freeBits = 0 } = config
    check(
      Number.isInteger(latent) && latent >= 1,
      () => `VAE: latent: ${latent} came, expected a whole number >= 1`,
    )
    check(
      input.length > 0 && input.every((size) => Number.isInteger(size) && size >= 1),
      () => `VAE: input: [${input}] came, expected the shape of one input, such as [28, 28, 1]`,
    )
    check(
      beta >= 0 && Number.isFinite(beta),
      () => `VAE: beta: ${beta} came, expected a number >= 0`,
    )
    check(
      freeBits >= 0 && Number.isFinite(freeBits),
      () => `VAE: freeBits: ${freeBits} came, expected nats >= 0`,
    )
    this.config = config
    this.choices = resolveChoices(config)
    const { posterior, likelihood } = this.choices
    const outputs = [...input.slice(0, -1), (input.at(-1) as number) * likelihood.parameters]
    this.encoder = network(
      config.encoder,
      { input, output: [latent * posterior.parameters] },
      rng.split(),
    )
    this.decoder = network(config.decoder, { input: [latent], output: outputs }, rng.split())
  }

  /** @returns the posterior q(z|x) over `[batch, latent]` */
  encode(x: Tensor, context?: Context): Distribution {
    return this.choices.posterior.from(this.encoder.forward(x, context))
  }

  /** The likelihood's parameters for codes `[batch, latent]`: logits, for Bernoulli. */
  decode(z: Tensor, context?: Context): Tensor {
    return this.decoder.forward(z, context)
  }

  /** The posterior's mean: `[batch, latent]`. */
  features(x: Tensor): Tensor {
    return this.encode(x).mean
  }

  /** The likelihood's mean for the posterior's mean, or for a draw when an `rng` is given: the shape of `x`. */
  reconstruct(x: Tensor, options: ReconstructOptions = {}): Tensor {
    const posterior = this.encode(x)
    const z = options.rng === undefined ? posterior.mean : posterior.sample(options.rng)
    return this.choices.likelihood.mean(this.decode(z))
  }

  /** The likelihood's means for `count` draws of the prior: `[count, ...input]`. */
  sample(count: number, rng: Rng): Tensor {
    const z = this.choices.prior.sample([count, this.config.latent], rng)
    return this.choices.likelihood.mean(this.decode(z))
  }

  /** See {@link VAELoss}. `batch` is `[batch, ...input]`, or a record with such `inputs`. */
  loss(batch: Batch, context: Context): VAELoss {
    const x = inputsOf(batch)
    const { likelihood, prior, divergence } = this.choices
    const posterior = this.encode(x, context)
    const z = posterior.sample(context.rng)
    const reconstruction = neg(mean(likelihood.logProbability(x, this.decode(z, context))))
    const { value, perDimension } = divergence(posterior, prior, z, context.rng)
    const penalty = mean(value)
    // With free bits the penalty has floors; what is reported has none.
    const kl = perDimension === undefined ? penalty : sum(perDimension)
    const beta = context.scalars['beta'] ?? scalar(this.config.beta ?? 1)
    return {
      loss: add(reconstruction, mul(beta, penalty)),
      reconstruction,
      kl,
      elbo: neg(add(reconstruction, kl)),
      ...(perDimension && {
        activeUnits: sum(cast(greater(perDimension, UNUSED_NATS), 'float32')),
      }),
    }
  }

  /** Refuses data of another shape or outside the likelihood's range. */
  checkData({ inputs }: HostBatch): void {
    checkItems('VAE', inputs, { input: this.config.input })
    this.choices.likelihood.checkRange(inputs.data, 'VAE: data')
  }

  /** Warns of posterior collapse: hardly any nats in the code, or few dimensions in use. */
  diagnose(epoch: EpochRecord): readonly string[] {
    return collapseWarnings(epoch, this.config.latent)
  }
}
