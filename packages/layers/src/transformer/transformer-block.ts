/**
 * A transformer block (Vaswani et al., 2017): attention, then a feed-forward network, each a branch beside the tokens.
 *
 *     pre:   x + branch(norm(x))         (Xiong et al., 2020; as in GPT-2 and ViT)
 *     post:  norm(x + branch(x))         (as in the original and BERT)
 *
 * With cross-attention a third branch between the two looks into a memory. While training, branches may be left out for
 * whole examples (DropPath); with layer scale each is multiplied by a learned vector (Touvron et al., 2021).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, fill, mul } from '@tensorflow/tfjs-core'
import { type Context, check, Module, Parameter, type Rng, unknownName } from '@winnow/core'
import type { ActivationName } from '../activation.ts'
import {
  type AttentionOptions,
  MultiHeadAttention,
  type MultiHeadAttentionConfig,
} from '../attention/multi-head-attention.ts'
import { DropPath } from '../drop-path.ts'
import { Dropout } from '../dropout.ts'
import { FeedForward } from '../feed-forward.ts'
import type { InitializerName } from '../init.ts'
import type { LayerModule } from '../layer.ts'
import { LayerNorm } from '../norm/layer-norm.ts'
import { RMSNorm } from '../norm/rms-norm.ts'
import { checkCount } from '../shape.ts'

/** The norms of a transformer by name. */
export type TransformerNorm = 'layer' | 'rms'

/** See {@link TransformerBlock}. */
export interface TransformerBlockConfig
  extends Pick<MultiHeadAttentionConfig, 'rotary' | 'keyValueHeads'> {
  /** Width of a token. */
  readonly features: number
  /** Heads of attention; a divisor of `features`. */
  readonly heads: number
  /** Width of the feed-forward network; 4 times `features` by default. */
  readonly hidden?: number
  /** Where the norms stand; `pre` by default. */
  readonly order?: 'pre' | 'post'
  /** `layer` by default. */
  readonly norm?: TransformerNorm
  /** Of the norms; 1e-6 by default. */
  readonly epsilon?: number
  /** Of the feed-forward network; `gelu` by default. */
  readonly activation?: ActivationName
  /** Whether the feed-forward network is gated; false by default. */
  readonly gated?: boolean
  /** Whether the products have biases; true by default. */
  readonly bias?: boolean
  /** Dropout of the attention maps and of each branch's result; 0 by default. */
  readonly dropout?: number
  /** Probability of leaving out each branch of an example while training; 0 by default. */
  readonly dropPath?: number
  /** What layer scale starts at, such as 1e-5; by default there is none. */
  readonly layerScale?: number
  /** Width of the memory's tokens; by default there is no cross-attention. */
  readonly crossAttention?: { readonly features: number }
  /** How the weights of the products start; `xavierUniform` by default. */
  readonly init?: InitializerName
}

/** What {@link TransformerBlock.forward} takes besides the tokens: all but `memory` concern self-attention. */
export interface TransformerBlockOptions extends AttentionOptions {
  /** Which of the memory's tokens each token may look at: broadcast to `[batch, heads, tokens, memory]`, 1 = may look. */
  readonly memoryMask?: Tensor
}

/**
 * `[batch, tokens, features]` to the same shape. Slots: `attentionNorm`, `attention`, with cross-attention `memoryNorm` and
 * `memoryAttention`, then `feedForwardNorm`, `feedForward`, and with layer scale `layerScale.attention`, `.memory`,
 * `.feedForward`, each `[features]`.
 */
export class TransformerBlock extends Module {
  readonly config: TransformerBlockConfig
  readonly attentionNorm: LayerModule
  readonly attention: MultiHeadAttention
  readonly memoryNorm: LayerModule | undefined
  readonly memoryAttention: MultiHeadAttention | undefined
  readonly feedForwardNorm: LayerModule
  readonly feedForward: FeedForward
  readonly layerScale: Readonly<Partial<Record<TransformerBranch, Parameter>>>
  readonly dropout: Dropout
  readonly dropPath: DropPath

  constructor(config: TransformerBlockConfig, rng: Rng) {
    super()
    const { features, heads, hidden = 4 * features, order = 'pre', dropout = 0 } = config
    const { activation, gated, bias, init, rotary, keyValueHeads, crossAttention } = config
    checkCount('TransformerBlock: features', features)
    if (order !== 'pre' && order !== 'post') throw unknownName('order', order, ['pre', 'post'])
    this.config = config
    const common = { ...given({ bias, init }), dropout }
    const attention = { ...common, features, heads }
    this.attentionNorm = transformerNorm(config)
    this.attention = new MultiHeadAttention(
      { ...attention, ...given({ rotary, keyValueHeads }) },
      rng.split(),
    )
    if (crossAttention !== undefined) {
      this.memoryNorm = transformerNorm(config)
      const memory = { ...attention, memoryFeatures: crossAttention.features }
      this.memoryAttention = new MultiHeadAttention(memory, rng.split())
    }
    this.feedForwardNorm = transformerNorm(config)
    const wide = { ...common, features, hidden, ...given({ activation, gated }) }
    this.feedForward = new FeedForward(wide, rng.split())
    this.layerScale = layerScales(config)
    this.dropout = new Dropout({ rate: dropout })
    this.dropPath = new DropPath({ rate: config.dropPath ?? 0 })
  }

  /**
   * @throws WinnowError when the tokens have another width, or when a memory is missing or comes without cross-attention
   */
  forward(x: Tensor, context?: Context, options: TransformerBlockOptions = {}): Tensor {
    const { features } = this.config
    const { memory, memoryMask, ...own } = options
    check(
      x.rank === 3 && x.shape[2] === features,
      () =>
        `TransformerBlock: an input of shape [${x.shape}] came, expected [batch, tokens, ${features}]`,
    )
    let y = this.#residual('attention', x, this.attentionNorm, context, (tokens) =>
      this.dropout.forward(this.attention.forward(tokens, context, own), context),
    )
    const { memoryNorm, memoryAttention } = this
    check((memory === undefined) === (memoryAttention === undefined), () =>
      memory === undefined
        ? 'TransformerBlock: memory: nothing came, expected what crossAttention looks into'
        : 'TransformerBlock: memory: a tensor came, expected none without crossAttention in the configuration',
    )
    if (memoryNorm !== undefined && memoryAttention !== undefined) {
      const look = given({ memory, mask: memoryMask })
      y = this.#residual('memory', y, memoryNorm, context, (tokens) =>
        this.dropout.forward(memoryAttention.forward(tokens, context, look), context),
      )
    }
    return this.#residual('feedForward', y, this.feedForwardNorm, context, (tokens) =>
      this.feedForward.forward(tokens, context),
    )
  }

  #residual(
    name: TransformerBranch,
    x: Tensor,
    norm: LayerModule,
    context: Context | undefined,
    branch: (tokens: Tensor) => Tensor,
  ): Tensor {
    const pre = this.config.order !== 'post'
    const result = branch(pre ? norm.forward(x, context) : x)
    const scale = this.layerScale[name]
    const scaled = scale === undefined ? result : mul(result, scale.value)
    const sum: Tensor = add(x, this.dropPath.forward(scaled, context))
    return pre ? sum : norm.forward(sum, context)
  }
}

/** The branches of a block, which are added to the tokens one after the other. */
export type TransformerBranch = 'attention' | 'memory' | 'feedForward'

/** The norm that a configuration asks for. */
export function transformerNorm(
  config: Pick<TransformerBlockConfig, 'features' | 'norm' | 'epsilon'>,
): LayerModule {
  const { features, norm = 'layer', epsilon = 1e-6 } = config
  if (norm === 'layer') return new LayerNorm({ features, epsilon })
  if (norm === 'rms') return new RMSNorm({ features, epsilon })
  throw unknownName('norm', norm, ['layer', 'rms'])
}

function layerScales(
  config: TransformerBlockConfig,
): Partial<Record<TransformerBranch, Parameter>> {
  const { features, layerScale, crossAttention } = config
  if (layerScale === undefined) return {}
  const scale = (): Parameter => new Parameter(fill([features], layerScale))
  return {
    attention: scale(),
    ...(crossAttention && { memory: scale() }),
    feedForward: scale(),
  }
}

/** The fields that are not undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
