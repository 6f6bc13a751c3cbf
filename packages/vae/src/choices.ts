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

/** The objects by name: every name of a choice, and no other. */
type Known<Choice> = Readonly<Record<Extract<Choice, string>, () => Exclude<Choice, string>>>

const POSTERIORS: Known<PosteriorChoice> = { gaussian }
const PRIORS: Known<PriorChoice> = { standardNormal }
const LIKELIHOODS: Known<LikelihoodChoice> = {
  bernoulli,
  gaussian: gaussianLikelihood,
  discretisedLogistic,
}
const DIVERGENCES: Known<DivergenceChoice> = { kl }

/** The family of q(z|x). A name, so that the configuration is plain JSON and is stored in checkpoints, or an object. */
export type PosteriorChoice = 'gaussian' | PosteriorFamily

/** The prior p(z), by name or as an object. */
export type PriorChoice = 'standardNormal' | Prior

/** The likelihood p(x|z), by name or as an object. */
export type LikelihoodChoice = 'bernoulli' | 'gaussian' | 'discretisedLogistic' | Likelihood

/** What pulls the codes towards the prior, by name or as a function of one's own. */
export type DivergenceChoice = 'kl' | Divergence

/** The choices of a {@link VAE} as objects. */
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
