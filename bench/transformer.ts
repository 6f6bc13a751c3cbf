/** A pre-norm transformer (Vaswani et al. 2017; Xiong et al. 2020): the model of the bench `transformer`. */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  matMul,
  mean,
  mul,
  reshape,
  softmax,
  split,
  square,
  sub,
  transpose,
} from '@tensorflow/tfjs-core'
import {
  type Batch,
  inputsOf,
  type LossResult,
  Module,
  type Rng,
} from '../packages/core/src/index.ts'
import { gelu, LayerNorm, Linear } from '../packages/layers/src/index.ts'

/** `[batch, tokens, width]` to the same: x + attention(norm x), then x + mlp(norm x), the mlp 4 times as wide. */
export class Block extends Module {
  readonly heads: number
  readonly attentionNorm: LayerNorm
  readonly queryKeyValue: Linear
  readonly projection: Linear
  readonly mlpNorm: LayerNorm
  readonly widen: Linear
  readonly narrow: Linear

  constructor(width: number, heads: number, rng: Rng) {
    super()
    this.heads = heads
    this.attentionNorm = new LayerNorm({ features: width })
    this.queryKeyValue = new Linear({ inputs: width, outputs: 3 * width }, rng.split())
    this.projection = new Linear({ inputs: width, outputs: width }, rng.split())
    this.mlpNorm = new LayerNorm({ features: width })
    this.widen = new Linear({ inputs: width, outputs: 4 * width }, rng.split())
    this.narrow = new Linear({ inputs: 4 * width, outputs: width }, rng.split())
  }

  forward(x: Tensor): Tensor {
    const attended: Tensor = add(x, this.attention(this.attentionNorm.forward(x)))
    const hidden = gelu(this.widen.forward(this.mlpNorm.forward(attended)))
    return add(attended, this.narrow.forward(hidden))
  }

  private attention(x: Tensor): Tensor {
    const [batch, tokens, width] = x.shape as [number, number, number]
    const size = width / this.heads
    const toHeads = (part: Tensor): Tensor =>
      transpose(reshape(part, [batch, tokens, this.heads, size]), [0, 2, 1, 3])
    const [query, key, value] = split(this.queryKeyValue.forward(x), 3, -1).map(toHeads) as [
      Tensor,
      Tensor,
      Tensor,
    ]
    const scores = mul(matMul(query, key, false, true), 1 / Math.sqrt(size))
    const mixed = transpose(matMul(softmax(scores), value), [0, 2, 1, 3])
    return this.projection.forward(reshape(mixed, [batch, tokens, width]))
  }
}

/** Blocks and a last norm, trained to give back what they are given. `[batch, tokens, width]`. */
export class Transformer extends Module {
  readonly blocks: readonly Block[]
  readonly norm: LayerNorm

  constructor(options: { blocks: number; width: number; heads: number }, rng: Rng) {
    super()
    const { blocks, width, heads } = options
    this.blocks = Array.from({ length: blocks }, () => new Block(width, heads, rng.split()))
    this.norm = new LayerNorm({ features: width })
  }

  loss(batch: Batch): LossResult {
    const inputs = inputsOf(batch as Tensor | { inputs: Tensor })
    let y = inputs
    for (const block of this.blocks) y = block.forward(y)
    return { loss: mean(square(sub(this.norm.forward(y), inputs))) }
  }
}
