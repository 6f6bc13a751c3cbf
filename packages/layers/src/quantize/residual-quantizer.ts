/**
 * Residual vector quantisation (Zeghidour et al., 2021: "SoundStream"): each quantiser encodes what those before it left.
 *
 *     r_0 = x,    q_i = quantizer_i(r_i),    r_(i+1) = r_i - q_i,    quantized = sum_i q_i
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, addN, cast, div, greater, mul, stack, sub, unstack } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng, stopGradient, withoutGradient } from '@winnow/core'
import { checkCount } from '../shape.ts'
import {
  checkIndices,
  checkOptions,
  checkVectors,
  type Quantizer,
  type QuantizerResult,
  straightThrough,
} from './quantizer.ts'
import {
  VectorQuantizer,
  type VectorQuantizerConfig,
  vectorQuantizerOptions,
} from './vector-quantizer.ts'

/** See {@link ResidualQuantizer}: how many quantisers, and what each of them is. */
export interface ResidualQuantizerConfig extends VectorQuantizerConfig {
  /** How many quantisers follow each other. */
  readonly quantizers: number
  /**
   * Quantiser dropout: in training, each example of the batch is given the sum of only the first n quantisers, n drawn
   * evenly from 1 to all, so that any number of them decodes. The codebooks learn from all. False by default.
   */
  readonly dropout?: boolean
}

/** Perplexity and usage are means over the quantisers, the loss is their sum. */
export interface ResidualQuantizerResult extends QuantizerResult {
  /** Each quantiser's own result, of its residual. */
  readonly stages: readonly QuantizerResult[]
}

/**
 * `[batch, ..., features]` to a {@link ResidualQuantizerResult}, its indices `[batch, ..., quantizers]`.
 *
 * Slots: `quantizers.N...`, those of {@link VectorQuantizer}.
 */
export class ResidualQuantizer extends Module implements Quantizer {
  readonly config: ResidualQuantizerConfig
  readonly quantizers: readonly VectorQuantizer[]

  /** @throws WinnowError when an option is unknown or out of range */
  constructor(config: ResidualQuantizerConfig, rng: Rng) {
    super()
    const { quantizers, dropout = false, ...each } = config
    const known = ['quantizers', 'dropout', ...vectorQuantizerOptions]
    checkOptions('ResidualQuantizer', config, known)
    checkCount('ResidualQuantizer: quantizers', quantizers)
    check(
      typeof dropout === 'boolean',
      () => `ResidualQuantizer: dropout: ${dropout} came, expected true or false`,
    )
    this.config = config
    this.quantizers = Array.from(
      { length: quantizers },
      () => new VectorQuantizer(each, rng.split()),
    )
  }

  /** Of one quantiser. */
  get entries(): number {
    return this.config.entries
  }

  /** @throws WinnowError when `x` is not float32 `[batch, ..., features]` */
  forward(x: Tensor, context?: Context): ResidualQuantizerResult {
    const { features, dropout = false } = this.config
    checkVectors('ResidualQuantizer', x, features)
    const stages: QuantizerResult[] = []
    const parts: Tensor[] = []
    let residual = x
    for (const quantizer of this.quantizers) {
      const stage = quantizer.forward(residual, context)
      const part = stopGradient(stage.quantized)
      stages.push(stage)
      parts.push(part)
      residual = sub(residual, part)
    }
    const kept =
      dropout && context?.training === true
        ? withoutGradient(() => firstParts(parts, context.rng.split()))
        : parts
    const average = (name: 'perplexity' | 'usage'): Tensor =>
      div(addN(stages.map((stage) => stage[name])), stages.length)
    return {
      quantized: straightThrough(
        x,
        withoutGradient(() => kept.reduce((a, b) => add(a, b))),
      ),
      indices: stack(
        stages.map(({ indices }) => indices),
        x.rank - 1,
      ),
      loss: addN(stages.map(({ loss }) => loss)),
      perplexity: average('perplexity'),
      usage: average('usage'),
      stages,
    }
  }

  /**
   * Indices int32 `[..., n]` to the sums of entries `[..., features]` of the first n quantisers: fewer indices give a
   * coarser vector. Indices from 0 to `entries - 1` are taken for granted.
   *
   * @throws WinnowError when `indices` are not int32, or not of 1 to `quantizers` in the last axis
   */
  decode(indices: Tensor): Tensor {
    checkIndices('ResidualQuantizer', indices)
    const count = indices.shape[indices.rank - 1] ?? 0
    check(
      count >= 1 && count <= this.quantizers.length,
      () =>
        `ResidualQuantizer: indices of shape [${indices.shape}] came, expected [..., 1 to ${this.quantizers.length}]`,
    )
    const parts = unstack(indices, indices.rank - 1).map((index, i) =>
      (this.quantizers[i] as VectorQuantizer).decode(index),
    )
    return parts.reduce((a, b) => add(a, b))
  }
}

/** Zeroes, for each example, all parts but the first n; at least the first is kept. */
function firstParts(parts: readonly Tensor[], rng: Rng): Tensor[] {
  const [first] = parts as [Tensor]
  const batch = first.shape[0] as number
  const count = rng.integers([batch, ...first.shape.slice(1).map(() => 1)], {
    low: 1,
    high: parts.length + 1,
  })
  return parts.map((part, i) => mul(part, cast(greater(count, i), 'float32')))
}
