/**
 * The enhanced decoder of RetroMAE (Xiao, Liu, Shao and Cao, 2022): one transformer layer that rebuilds a whole passage
 * from its vector. Every token is asked for with the vector and its place, and answered by looking at the vector and at a
 * choice of the others that is its own.
 *
 *     queries = norm(c + p_i),  memory = [c, Emb(x_2), ..., Emb(x_T)]
 *     a = norm(queries + attention(queries, memory; row i sees visible_i)),  y = norm(a + feedForward(a))
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, broadcastTo, concat, reshape, slice } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng } from '@winnow/core'
import { FeedForward, LayerNorm, MultiHeadAttention } from '@winnow/layers'
import type { PassageEncoder } from '../encoder/passage-encoder.ts'

/** See {@link EnhancedDecoder}. */
export interface EnhancedDecoderConfig {
  readonly features: number
  readonly heads: number
  /** Width of the feed-forward network; 4 times `features` by default. */
  readonly hidden?: number
  /** Of the norms; 1e-6 by default. */
  readonly epsilon?: number
}

/** See the top of the file. Slots: `attention...`, `attentionNorm`, `feedForward...`, `feedForwardNorm`. */
export class EnhancedDecoder extends Module {
  readonly config: EnhancedDecoderConfig
  readonly attention: MultiHeadAttention
  readonly attentionNorm: LayerNorm
  readonly feedForward: FeedForward
  readonly feedForwardNorm: LayerNorm

  constructor(config: EnhancedDecoderConfig, rng: Rng) {
    super()
    const { features, heads, hidden = 4 * features, epsilon = 1e-6 } = config
    const init = 'truncatedNormal'
    this.config = config
    this.attention = new MultiHeadAttention({ features, heads, init }, rng.split())
    this.attentionNorm = new LayerNorm({ features, epsilon })
    this.feedForward = new FeedForward({ features, hidden, init }, rng.split())
    this.feedForwardNorm = new LayerNorm({ features, epsilon })
  }

  /**
   * `[batch, tokens, features]`, which the encoder's head makes logits of.
   *
   * @param vectors of the passages: `[batch, features]`
   * @param ids with nothing hidden: int32 `[batch, tokens]`
   * @param visible 1 where the row's token may look at the column's, else 0: float32 `[batch, tokens, tokens]`
   * @param encoder whose embeddings are used
   * @throws WinnowError when shapes do not fit
   */
  forward(
    vectors: Tensor,
    ids: Tensor,
    visible: Tensor,
    encoder: Pick<PassageEncoder, 'embed' | 'place'>,
    context?: Context,
  ): Tensor {
    const [batch, tokens] = ids.shape as [number, number]
    const { features } = this.config
    check(
      visible.shape.join() === [batch, tokens, tokens].join(),
      () =>
        `EnhancedDecoder: visible: shape [${visible.shape}] came, expected [${batch}, ${tokens}, ${tokens}]`,
    )
    const first = reshape(vectors, [batch, 1, features])
    const rest = slice(encoder.embed(ids), [0, 1, 0], [batch, tokens - 1, features])
    const queries = encoder.place(broadcastTo(first, [batch, tokens, features]))
    const looked = this.attention.forward(queries, context, {
      memory: concat([first, rest], 1),
      mask: reshape(visible, [batch, 1, tokens, tokens]),
    })
    const attended = this.attentionNorm.forward(add(queries, looked))
    const fed = this.feedForward.forward(attended, context)
    return this.feedForwardNorm.forward(add(attended, fed))
  }
}
