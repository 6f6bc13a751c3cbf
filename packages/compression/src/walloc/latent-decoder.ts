/**
 * WaLLoC's decoder: residual blocks with attention in the middle, at one size. Beside them runs a linear layer (which the paper
 * does not have), and the blocks begin at zero: so what is learned begins with what a linear decoder can do.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, reshape } from '@tensorflow/tfjs-core'
import { type Context, Module, type Rng } from '@winnow/core'
import { Conv2d, GroupNorm, Linear, MultiHeadAttention, ResidualBlock, silu } from '@winnow/layers'

/** See `LatentDecoder`. */
export interface LatentDecoderConfig {
  /** Channels of the maps between. */
  readonly width: number
  /** Blocks after the middle; 2 by default. */
  readonly blocks?: number
  /** Whether places attend to each other in the middle; true by default. */
  readonly attention?: boolean
}

/** Sizes of what comes and goes. */
interface Sizes {
  readonly inputs: number
  readonly outputs: number
}

/** `[batch, height, width, inputs]` to `[batch, height, width, outputs]`. */
export class LatentDecoder extends Module {
  readonly config: LatentDecoderConfig
  readonly linear: Linear
  readonly first: Conv2d
  readonly middle: readonly [ResidualBlock, ResidualBlock]
  readonly attentionNorm: GroupNorm | undefined
  readonly attention: MultiHeadAttention | undefined
  readonly blocks: readonly ResidualBlock[]
  readonly norm: GroupNorm
  readonly last: Conv2d

  constructor(config: LatentDecoderConfig, { inputs, outputs }: Sizes, rng: Rng) {
    super()
    const { width, blocks = 2, attention = true } = config
    const block = (): ResidualBlock =>
      new ResidualBlock({ inputs: width, outputs: width }, rng.split())
    this.config = config
    this.linear = new Linear({ inputs, outputs }, rng.split())
    this.first = new Conv2d({ inputs, outputs: width, kernel: 3, init: 'lecunNormal' }, rng.split())
    this.middle = [block(), block()]
    const groups = groupsOf(width)
    this.attentionNorm = attention ? new GroupNorm({ features: width, groups }) : undefined
    this.attention = attention
      ? new MultiHeadAttention({ features: width, heads: 1 }, rng.split())
      : undefined
    this.blocks = Array.from({ length: blocks }, block)
    this.norm = new GroupNorm({ features: width, groups })
    this.last = new Conv2d({ inputs: width, outputs, kernel: 3, init: 'zeros' }, rng.split())
  }

  forward(latents: Tensor, context?: Context): Tensor {
    const [one, two] = this.middle
    const inner = one.forward(this.first.forward(latents), context)
    let x = two.forward(this.#attended(inner, context), context)
    for (const block of this.blocks) x = block.forward(x, context)
    return add(this.linear.forward(latents), this.last.forward(silu(this.norm.forward(x))))
  }

  #attended(x: Tensor, context?: Context): Tensor {
    if (this.attention === undefined || this.attentionNorm === undefined) return x
    const [batch, height, width, channels] = x.shape as [number, number, number, number]
    const tokens = reshape(this.attentionNorm.forward(x), [batch, height * width, channels])
    return add(x, reshape(this.attention.forward(tokens, context), x.shape))
  }
}

/** 32, or the greatest number below that divides the channels. */
function groupsOf(width: number): number {
  let groups = Math.min(32, width)
  while (width % groups !== 0) groups--
  return groups
}
