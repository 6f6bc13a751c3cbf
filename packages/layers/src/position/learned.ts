/**
 * Learned positions (Gehring et al., 2017; as in BERT, GPT-2 and ViT): a trained row for each place, added to the token
 * there.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add } from '@tensorflow/tfjs-core'
import { type Context, check, Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount } from '../shape.ts'
import { checkRows, type Positions, rowsAt } from './positions.ts'

/** See {@link LearnedPositions}. */
export interface LearnedPositionsConfig {
  /** The most tokens of a sequence. */
  readonly tokens: number
  /** Width of a token. */
  readonly features: number
  /** How the rows start; `truncatedNormal` (deviation 0.02) by default. */
  readonly init?: InitializerName
}

/** `[batch, tokens, features]` to the same shape, with fewer tokens or as many. Slots: `weight` `[tokens, features]`. */
export class LearnedPositions extends Module implements Layer, Positions {
  readonly config: LearnedPositionsConfig
  readonly weight: Parameter

  constructor(config: LearnedPositionsConfig, rng: Rng) {
    super()
    const { tokens, features, init = 'truncatedNormal' } = config
    checkCount('LearnedPositions: tokens', tokens)
    checkCount('LearnedPositions: features', features)
    this.config = config
    const fans = { input: tokens, output: features }
    this.weight = new Parameter(initializer(init)([tokens, features], fans, rng))
  }

  /** @throws WinnowError when `x` has other features or more tokens than there are rows */
  forward(x: Tensor, _context?: Context): Tensor {
    const { features } = this.config
    check(
      x.rank === 3 && x.shape[2] === features,
      () =>
        `LearnedPositions: an input of shape [${x.shape}] came, expected [batch, tokens, ${features}]`,
    )
    return add(x, this.rows(x.shape[1] as number))
  }

  rows(count: number, first: number | Tensor = 0): Tensor {
    checkRows('LearnedPositions', this.config.tokens, count, first)
    return rowsAt(this.weight.value, count, first)
  }
}
