export type {
  Choices,
  DivergenceChoice,
  LikelihoodChoice,
  PosteriorChoice,
  PriorChoice,
} from './choices.ts'
export { interpolate } from './interpolate.ts'
export { type LogLikelihoodOptions, logLikelihood, logWeights } from './log-likelihood.ts'
export { type CodeStatistics, codeStatistics } from './statistics.ts'
export { VAE, type VAEConfig, type VAELoss } from './vae.ts'
