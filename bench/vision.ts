/** ViT-Tiny (Dosovitskiy et al. 2020; Touvron et al. 2021) as a classifier: the model of the bench `vit`. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mean, mul, neg, oneHot, sum } from '@tensorflow/tfjs-core'
import { type LossResult, logSoftmax, Module, type Rng } from '../packages/core/src/index.ts'
import { Linear, VisionTransformer } from '../packages/layers/src/index.ts'

/** Width, depth and heads of ViT-Tiny. */
export const vitTiny = { features: 192, depth: 12, heads: 3 } as const

/** Side and channels of the pictures: 49 patches of 4 by 4, and the class token. */
export const vitImage: readonly [number, number, number] = [28, 28, 3]
const CLASSES = 10

/** Cross-entropy of a linear head on the class token. */
export class Classifier extends Module {
  readonly encoder: VisionTransformer
  readonly head: Linear

  constructor(rng: Rng) {
    super()
    this.encoder = new VisionTransformer({ image: vitImage, patch: 4, ...vitTiny }, rng.split())
    const head = { inputs: vitTiny.features, outputs: CLASSES, init: 'truncatedNormal' } as const
    this.head = new Linear(head, rng.split())
  }

  loss(batch: { inputs: Tensor; labels: Tensor }): LossResult {
    const { class: token } = this.encoder.forward(batch.inputs)
    const logits = this.head.forward(token as Tensor)
    const chosen = mul(logSoftmax(logits), oneHot(batch.labels, CLASSES))
    return { loss: mean(neg(sum(chosen, -1))) }
  }
}
