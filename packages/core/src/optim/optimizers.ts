/**
 * The optimisers by their usual names, each a chain of transformations:
 * clip, direction, weight decay, learning rate.
 */
import type { Selector } from '../module.ts'
import { type AdamScaleOptions, scaleByAdam } from './adam.ts'
import { chain, named } from './chain.ts'
import { clipByGlobalNorm } from './clip.ts'
import { scaleByLearningRate } from './learning-rate.ts'
import { type LionScaleOptions, scaleByLion } from './lion.ts'
import type { CompositeMemory } from './memory.ts'
import { momentum } from './momentum.ts'
import type { Optimizer } from './optimizer.ts'
import { checkNames } from './options.ts'
import type { Schedule } from './schedule.ts'
import { addDecayedWeights } from './weight-decay.ts'

/** What all have. */
export interface OptimizerOptions {
  /** A number >= 0, or a schedule. */
  readonly learningRate: number | Schedule
  /** Scales gradients whose norm, all together, is longer than this; off by default. */
  readonly clipNorm?: number
}

/** For those with weight decay. */
export interface DecayOptions {
  /** See {@link addDecayedWeights}. */
  readonly weightDecay?: number
  /** Which parameters decay; those of two axes or more by default. */
  readonly decay?: Selector
}

/** Options of {@link sgd}. */
export interface SgdOptions extends OptimizerOptions, DecayOptions {
  /** The share of the velocity that is kept, in [0, 1); 0, no momentum, by default. */
  readonly momentum?: number
  readonly nesterov?: boolean
}

/** Options of {@link adam}. */
export interface AdamOptions extends OptimizerOptions, AdamScaleOptions {}
/** Options of {@link adamW}; `weightDecay` is 0.01 by default. */
export interface AdamWOptions extends AdamOptions, DecayOptions {}
/** Options of {@link lion}. */
export interface LionOptions extends OptimizerOptions, DecayOptions, LionScaleOptions {}

const COMMON = ['learningRate', 'clipNorm']
const DECAY = ['weightDecay', 'decay']

/** Stochastic gradient descent. Weight decay is an L2 penalty, added before the momentum as in PyTorch. */
export function sgd(options: SgdOptions): Optimizer<CompositeMemory> {
  checkNames('sgd', options, [...COMMON, ...DECAY, 'momentum', 'nesterov'])
  const { momentum: kept = 0, nesterov = false } = options
  const direction = kept === 0 ? [] : [momentum({ decay: kept, nesterov })]
  return compose('sgd', options, [...decayOf(options, 0), ...direction])
}

/** Adam (Kingma and Ba, 2015), without weight decay. */
export function adam(options: AdamOptions): Optimizer<CompositeMemory> {
  checkNames('adam', options, [...COMMON, 'betas', 'epsilon'])
  return compose('adam', options, [scaleByAdam(adamScale(options))])
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019), 0.01 by default. */
export function adamW(options: AdamWOptions): Optimizer<CompositeMemory> {
  checkNames('adamW', options, [...COMMON, ...DECAY, 'betas', 'epsilon'])
  return compose('adamW', options, [scaleByAdam(adamScale(options)), ...decayOf(options, 0.01)])
}

/** Lion (Chen et al., 2023): wants a learning rate 3 to 10 times smaller than Adam's, and more decay. */
export function lion(options: LionOptions): Optimizer<CompositeMemory> {
  checkNames('lion', options, [...COMMON, ...DECAY, 'betas'])
  const { betas } = options
  return compose('lion', options, [scaleByLion(betas && { betas }), ...decayOf(options, 0)])
}

/** Puts the clip before and the learning rate after. */
export function compose(
  name: string,
  options: OptimizerOptions,
  parts: readonly Optimizer[],
): Optimizer<CompositeMemory> {
  const { learningRate, clipNorm } = options
  const clip = clipNorm === undefined ? [] : [clipByGlobalNorm(clipNorm)]
  return named(name, chain(...clip, ...parts, scaleByLearningRate(learningRate)))
}

/** The weight decay of the options, if there is any. */
export function decayOf(options: DecayOptions, usual: number): Optimizer[] {
  const { weightDecay = usual, decay } = options
  if (weightDecay === 0) return []
  return [addDecayedWeights({ weightDecay, ...(decay && { select: decay }) })]
}

/** Adam's own among the options. */
export function adamScale({ betas, epsilon }: AdamScaleOptions): AdamScaleOptions {
  return { ...(betas && { betas }), ...(epsilon !== undefined && { epsilon }) }
}
