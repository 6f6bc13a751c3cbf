/**
 * The independent choices that make a variational autoencoder, by name or as objects of one's own.
 */
import {
  bernoulli,
  type Divergence,
  discretisedLogistic,
  freeBits,
  gaussian,
  gaussianLikelihood,
  kl,
  type Likelihood,
  type PosteriorFamily,
  type Prior,
  standardNormal,
  unknownName,
} from '@winnow/core'

type Known<Name extends string, T> = Readonly<Record<Name, () => T>>

const POSTERIORS: Known<'gaussian', PosteriorFamily> = { gaussian }
const PRIORS: Known<'standardNormal', Prior> = { standardNormal }
const LIKELIHOODS: Known<'bernoulli' | 'gaussian' | 'discretisedLogistic', Likelihood> = {
  bernoulli,
  gaussian: gaussianLikelihood,
  discretisedLogistic,
}
const DIVERGENCES: Known<'kl', Divergence> = { kl }

/** A name, so that the configuration is plain JSON and is stored in checkpoints, or an object. */
export type PosteriorChoice = keyof typeof POSTERIORS | PosteriorFamily
export type PriorChoice = keyof typeof PRIORS | Prior
export type LikelihoodChoice = keyof typeof LIKELIHOODS | Likelihood
export type DivergenceChoice = keyof typeof DIVERGENCES | Divergence

export interface Choices {
  readonly posterior: PosteriorFamily
  readonly prior: Prior
  readonly likelihood: Likelihood
  readonly divergence: Divergence
}

/** @throws WinnowError for a name that is not known, with the nearest one that is */
export function resolveChoices(config: {
  readonly posterior?: PosteriorChoice
  readonly prior?: PriorChoice
  readonly likelihood?: LikelihoodChoice
  readonly divergence?: DivergenceChoice
  readonly freeBits?: number
}): Choices {
  const { freeBits: nats = 0 } = config
  const divergence = resolve<Divergence>('divergence', config.divergence ?? 'kl', DIVERGENCES)
  return {
    posterior: resolve('posterior', config.posterior ?? 'gaussian', POSTERIORS),
    prior: resolve('prior', config.prior ?? 'standardNormal', PRIORS),
    likelihood: resolve('likelihood', config.likelihood ?? 'bernoulli', LIKELIHOODS),
    divergence: nats === 0 ? divergence : freeBits(divergence, { nats }),
  }
}

function resolve<T>(
  argument: string,
  choice: string | T,
  known: Readonly<Record<string, () => T>>,
): T {
  if (typeof choice !== 'string') return choice
  const make = Object.hasOwn(known, choice) ? known[choice] : undefined
  if (make === undefined) throw unknownName(argument, choice, Object.keys(known))
  return make()
}
