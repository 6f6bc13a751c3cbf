/**
 * A residual block of convolutions (He et al., 2016, the pre-activation form): norm, activation and convolution, twice,
 * beside a shortcut.
 *
 *     y = shortcut(x) + conv(dropout(activation(norm(conv(activation(norm(x)))))))
 *
 * The last convolution starts at zero, so that a new block is its shortcut (Goyal et al., 2017; as in DDPM, Ho et al., 2020).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add } from '@tensorflow/tfjs-core'
import { type Context, Module, type Rng } from '@winnow/core'
import { activation, initializerFor } from '../activation.ts'
import { Conv2d } from '../conv/conv2d.ts'
import { Dropout } from '../dropout.ts'
import type { Layer, LayerModule } from '../layer.ts'
import { norm } from '../norm/norm.ts'
import type { StageOptions } from './stage.ts'

/** See {@link ResidualBlock}. */
export interface ResidualBlockConfig extends StageOptions {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
}

/**
 * `[batch, height, width, inputs]` to `[batch, height, width, outputs]`. `silu` and group norm by default. Slots: `norms.0`,
 * `convolutions.0`, `norms.1`, `convolutions.1`, and a 1 x 1 convolution `shortcut` where inputs and outputs differ.
 */
export class ResidualBlock extends Module implements Layer {
  readonly config: ResidualBlockConfig
  readonly norms: readonly (LayerModule | undefined)[]
  readonly convolutions: readonly [Conv2d, Conv2d]
  readonly shortcut: Conv2d | undefined
  readonly dropout: Dropout

  constructor(config: ResidualBlockConfig, rng: Rng) {
    super()
    const { inputs, outputs, dropout = 0 } = config
    const { activation: name = 'silu', norm: normName = 'group' } = config
    this.config = config
    this.norms = [norm(normName, inputs), norm(normName, outputs)]
    const init = initializerFor(name)
    this.convolutions = [
      new Conv2d({ inputs, outputs, kernel: 3, init }, rng.split()),
      new Conv2d({ inputs: outputs, outputs, kernel: 3, init: 'zeros' }, rng.split()),
    ]
    this.shortcut =
      inputs === outputs
        ? undefined
        : new Conv2d({ inputs, outputs, kernel: 1, init: 'xavierUniform' }, rng.split())
    this.dropout = new Dropout({ rate: dropout })
  }

  /** @throws WinnowError when `x` has another rank or number of channels */
  forward(x: Tensor, context?: Context): Tensor {
    const activate = activation(this.config.activation ?? 'silu')
    const [first, second] = this.norms
    const [widen, mix] = this.convolutions
    const inner = widen.forward(activate(first?.forward(x, context) ?? x))
    const normed = activate(second?.forward(inner, context) ?? inner)
    const branch = mix.forward(this.dropout.forward(normed, context))
    return add(this.shortcut?.forward(x) ?? x, branch)
  }
}
