/**
 * The decoder of a masked autoencoder (He et al. 2021): narrow and shallow, for it is thrown away. It gets the encoded
 * tokens, one learned mask token for each hidden place, and positions for all of them.
 *
 *     y = restore(Linear(tokens), mask token) + positions,   prediction = Linear(norm(blocks(y)))
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, reshape, slice } from '@tensorflow/tfjs-core'
import { type Context, Module, Parameter, type Rng } from '@winnow/core'
import { Linear, SinCosPositions, Transformer } from '@winnow/layers'
import { type Mask, restoreTokens } from '@winnow/masking'

/** Width, blocks and heads of one half of the model. */
export interface TransformerSize {
  /** Width of a token; a multiple of 4 and of `heads`. */
  readonly features: number
  /** How many blocks. */
  readonly depth: number
  readonly heads: number
  /** Width inside the blocks' feed-forward part; 4 times `features` by default. */
  readonly hidden?: number
}

/** See {@link MaskedDecoder}. */
export interface MaskedDecoderConfig extends TransformerSize {
  /** Width of the encoder's tokens. */
  readonly inputs: number
  /** Patches along each axis. */
  readonly grid: readonly number[]
  /** Values to predict for a patch. */
  readonly outputs: number
}

/** Slots: `embedding`, `maskToken` `[features]`, `positions`, `transformer`, `head`. */
export class MaskedDecoder extends Module {
  readonly config: MaskedDecoderConfig
  readonly embedding: Linear
  readonly maskToken: Parameter
  readonly positions: SinCosPositions
  readonly transformer: Transformer
  readonly head: Linear

  constructor(config: MaskedDecoderConfig, rng: Rng) {
    super()
    const { inputs, grid, outputs, features, ...size } = config
    this.config = config
    this.embedding = new Linear({ inputs, outputs: features }, rng.split())
    this.maskToken = new Parameter(rng.split().normal([features], { deviation: 0.02 }))
    this.positions = new SinCosPositions({ grid, features, classToken: true })
    this.transformer = new Transformer({ ...size, features, epsilon: 1e-6 }, rng.split())
    this.head = new Linear({ inputs: features, outputs }, rng.split())
  }

  /**
   * @param kept encoded tokens of the places kept, `[batch, kept, inputs]`
   * @param mask undefined where nothing was hidden
   * @param classToken the encoded class token `[batch, inputs]`, which is looked at but nothing is predicted for
   * @returns what the head reads: `[batch, patches, features]`, in their own places
   */
  decode(
    kept: Tensor,
    mask: Mask | undefined,
    classToken: Tensor | undefined,
    context?: Context,
  ): Tensor {
    const { features, inputs } = this.config
    const [batch, count] = kept.shape as [number, number, number]
    const patches = mask?.tokens ?? count
    const all =
      classToken === undefined ? kept : concat([reshape(classToken, [batch, 1, inputs]), kept], 1)
    const embedded = this.embedding.forward(all)
    const first = all === kept ? 0 : 1
    const visible = first === 0 ? embedded : slice(embedded, [0, 1, 0], [batch, count, features])
    const restored = add(
      mask === undefined ? visible : restoreTokens(visible, this.maskToken.value, mask),
      this.positions.rows(patches, 1),
    )
    if (first === 0) return this.transformer.forward(restored, context)
    // The class token's position is all zeros.
    const global = slice(embedded, [0, 0, 0], [batch, 1, features])
    const decoded = this.transformer.forward(concat([global, restored], 1), context)
    return slice(decoded, [0, 1, 0], [batch, patches, features])
  }

  /** What is predicted for tokens of {@link decode}: `[..., features]` to `[..., outputs]`. */
  predict(tokens: Tensor): Tensor {
    return this.head.forward(tokens)
  }
}
