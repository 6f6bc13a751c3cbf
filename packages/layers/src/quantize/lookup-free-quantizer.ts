/**
 * Lookup-free quantisation (Yu et al., 2023: "Language model beats diffusion: tokenizer is key to visual generation"):
 * each number becomes its sign, so that the codebook is {-1, 1}^bits and nothing is looked up.
 *
 *     p(c | x) = softmax over c of -|x - c|^2 / temperature
 *     loss = entropy (mean H(p(. | x)) - diversity H(mean p(. | x))) + commitment mean (x - stop(sign x))^2
 *
 * The first entropy is low when each vector is sure of its entry, the second high when all entries are in use. Given x the
 * bits are independent, so p is a product of two halves, and its mean over the batch one product of matrices.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  div,
  greater,
  matMul,
  mean,
  mul,
  ones,
  sigmoid,
  slice,
  softmax,
  softplus,
  square,
  sub,
  sum,
  tensor2d,
} from '@tensorflow/tfjs-core'
import { type Context, check, Module, withoutGradient } from '@winnow/core'
import { checkCount } from '../shape.ts'
import { entropy, useOfIndices } from './entry-use.ts'
import { countEntries, digitsToIndices, indicesToDigits } from './mixed-radix.ts'
import {
  checkIndices,
  checkOptions,
  checkVectors,
  checkWeight,
  type Quantizer,
  type QuantizerResult,
  rowsOf,
  straightThrough,
} from './quantizer.ts'

/** See {@link LookupFreeQuantizer}. */
export interface LookupFreeQuantizerConfig {
  /** Size of the last axis, 1 to 24. */
  readonly bits: number
  /** Weight of the commitment loss; 0.25 by default. */
  readonly commitment?: number
  /** Weight of the entropy penalty; 0.1 by default. At 0 it is not computed: its cost grows with rows times 2^bits. */
  readonly entropy?: number
  /** Weight of the codebook's entropy within the penalty; 1 by default. */
  readonly diversity?: number
  /** Of p(c | x); 0.01 by default, which is for inputs whose signs are still in doubt at about that size. */
  readonly temperature?: number
}

/**
 * `[batch, ..., bits]` to a {@link QuantizerResult} with values -1 and 1 (0 becomes -1). Bit i of the index, counted from
 * the lowest, is whether number i is above 0. No slots. Entropies are in nats.
 */
export class LookupFreeQuantizer extends Module implements Quantizer {
  readonly config: LookupFreeQuantizerConfig
  /** 2^bits. */
  readonly entries: number

  /** @throws WinnowError when an option is unknown or out of range */
  constructor(config: LookupFreeQuantizerConfig) {
    super()
    const { bits, commitment = 0.25, entropy = 0.1, diversity = 1, temperature = 0.01 } = config
    const known = ['bits', 'commitment', 'entropy', 'diversity', 'temperature']
    checkOptions('LookupFreeQuantizer', config, known)
    checkCount('LookupFreeQuantizer: bits', bits)
    for (const [name, weight] of Object.entries({ commitment, entropy, diversity }))
      checkWeight(`LookupFreeQuantizer: ${name}`, weight)
    check(
      Number.isFinite(temperature) && temperature > 0,
      () => `LookupFreeQuantizer: temperature: ${temperature} came, expected a number above 0`,
    )
    this.config = config
    this.entries = countEntries('LookupFreeQuantizer: bits', levelsOf(bits))
  }

  /** @throws WinnowError when `x` is not float32 `[batch, ..., bits]` */
  forward(x: Tensor, _context?: Context): QuantizerResult {
    const { bits, commitment = 0.25 } = this.config
    checkVectors('LookupFreeQuantizer', x, bits)
    const digits = withoutGradient(() => cast(greater(x, 0), 'float32'))
    const signs = withoutGradient(() => signsOf(digits))
    const indices = digitsToIndices(digits, levelsOf(bits))
    const commit = mul(mean(square(sub(x, signs))), commitment)
    const penalty = this.#penalty(rowsOf(x, bits))
    return {
      quantized: straightThrough(x, signs),
      indices,
      loss: penalty === undefined ? commit : add(commit, penalty),
      ...useOfIndices(indices, this.entries),
    }
  }

  /**
   * Indices int32 `[...]` to the signs `[..., bits]`. Indices from 0 to `entries - 1` are taken for granted.
   *
   * @throws WinnowError when `indices` are not int32
   */
  decode(indices: Tensor): Tensor {
    checkIndices('LookupFreeQuantizer', indices)
    return signsOf(indicesToDigits(indices, levelsOf(this.config.bits)))
  }

  #penalty(rows: Tensor): Tensor | undefined {
    const { entropy: weight = 0.1, diversity = 1, temperature = 0.01 } = this.config
    if (weight === 0) return undefined
    const ofVectors = entropyOfBits(mul(rows, 4 / temperature))
    if (diversity === 0) return mul(ofVectors, weight)
    const ofCodebook = entropy(meanProbabilities(rows, temperature))
    return mul(sub(ofVectors, mul(ofCodebook, diversity)), weight)
  }
}

/** Mean over rows of the entropy of independent bits with these logits: log(1 + e^l) - l sigmoid(l) each. */
function entropyOfBits(logits: Tensor): Tensor {
  const each = sub(softplus(logits), mul(logits, sigmoid(logits)))
  return mean(sum(each, 1))
}

/** Mean of p(c | x) over the rows, for every c: `[2^lower, 2^upper]`. */
function meanProbabilities(rows: Tensor, temperature: number): Tensor {
  const [count, bits] = rows.shape as [number, number]
  const lower = Math.ceil(bits / 2)
  const half = (from: number, size: number): Tensor2D => {
    if (size === 0) return ones([count, 1])
    const part = slice(rows, [0, from], [count, size]) as Tensor2D
    // |x - c|^2 = 2 x c up to what is the same for all c.
    return softmax(mul(matMul(part, allSigns(size)), 2 / temperature)) as Tensor2D
  }
  return div(matMul(half(0, lower), half(lower, bits - lower), true, false), count)
}

/** Every vector of signs, as columns: `[bits, 2^bits]`. */
function allSigns(bits: number): Tensor2D {
  const count = 2 ** bits
  const values = Float32Array.from({ length: bits * count }, (_, i) =>
    ((i % count) >> Math.floor(i / count)) & 1 ? 1 : -1,
  )
  return tensor2d(values, [bits, count])
}

/** 0 and 1 to -1 and 1. */
const signsOf = (digits: Tensor): Tensor => sub(mul(digits, 2), 1)

const levelsOf = (bits: number): number[] => Array.from({ length: bits }, () => 2)
