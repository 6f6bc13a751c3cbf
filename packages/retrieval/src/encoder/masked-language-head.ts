/**
 * What stands between a token and its logits in BERT (Devlin et al., 2019): norm(activation(x W + b)).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { Module, type Rng } from '@winnow/core'
import { type ActivationName, activation, LayerNorm, Linear } from '@winnow/layers'

/** See {@link MaskedLanguageHead}. */
export interface MaskedLanguageHeadConfig {
  readonly features: number
  readonly epsilon: number
  readonly activation: ActivationName
}

/** `[..., features]` to the same shape. Slots: `linear...`, `norm...`. */
export class MaskedLanguageHead extends Module {
  readonly config: MaskedLanguageHeadConfig
  readonly linear: Linear
  readonly norm: LayerNorm

  constructor(config: MaskedLanguageHeadConfig, rng: Rng) {
    super()
    const { features, epsilon } = config
    this.config = config
    this.linear = new Linear({ inputs: features, outputs: features }, rng)
    this.norm = new LayerNorm({ features, epsilon })
  }

  /** `[..., features]` to the same shape: what the embedding's entries are compared with. */
  forward(x: Tensor): Tensor {
    return this.norm.forward(activation(this.config.activation)(this.linear.forward(x)))
  }
}
