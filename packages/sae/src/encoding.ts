/**
 * One pass of a batch through the encoder, for training: on the dense path as matrices `[batch, latents]`, on the sparse
 * path as the entries that are on. Both give the same numbers; the sparse one computes and keeps less.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, any, cast, greater, matMul, reshape, sub, sum, where } from '@tensorflow/tfjs-core'
import { type Context, stopGradient, withoutGradient } from '@winnow/core'
import type { Activation } from './activations/activation.ts'
import { largest, spread } from './activations/top-k.ts'
import {
  type EncoderParameters,
  type SparseEntries,
  sparseDecode,
  sparseEncode,
  sparseFired,
  sparseLargest,
} from './sparse/decode.ts'

/** A batch's sparse code. */
export interface LatentCode {
  /** Without the bias: `[batch, inputs]`. */
  decode(): Tensor
  /** The sum of each row's values: `[batch]`. */
  total(): Tensor
  /** How many values of each row are above 0: `[batch]`, without gradient. */
  count(): Tensor
  /** 1 for each latent with a value above `threshold` somewhere in the batch, else 0: `[latents]`, without gradient. */
  fired(threshold: number): Tensor
}

/** What the losses see of a batch. */
export interface Encoding {
  /** What the activation made of it. */
  readonly code: LatentCode
  /**
   * The `k` largest preactivations of each row, rectified, among all latents or among those where `among` `[latents]`
   * (bool) holds.
   */
  largest(k: number, among?: Tensor): LatentCode
}

/** What an encoding is made of. */
export interface EncodingInput extends EncoderParameters {
  /** `[batch, inputs]`. No gradient flows to it. */
  readonly x: Tensor
  /** `[latents, inputs]` */
  readonly decoder: Tensor
  readonly activation: Activation
  readonly context: Context
}

/** Lower than any preactivation; rectified it is 0. */
const NEVER = -1e30

/** Every product with every latent. */
export function denseEncoding(input: EncodingInput): Encoding {
  const { x, encoder, latentBias, bias, decoder, activation, context } = input
  const latents = latentBias.shape[0] as number
  const centred = stopGradient(sub(x, bias))
  // The bias learns through a row that is zero, in place of a product of the whole batch with the encoder.
  const moved = reshape(sub(bias, stopGradient(bias)), [1, -1])
  const offset = sub(latentBias, matMul(moved, stopGradient(encoder)))
  const preactivations: Tensor = add(matMul(centred, encoder), offset)
  const codeOf = (values: Tensor): LatentCode => ({
    decode: () => matMul(values, decoder),
    total: () => sum(values, 1),
    count: () => withoutGradient(() => sum(cast(greater(values, 0), 'float32'), 1)),
    fired: (threshold) =>
      withoutGradient(() => cast(any(greater(values, threshold), 0), 'float32')),
  })
  return {
    code: codeOf(activation.forward(preactivations, { centred, context })),
    largest: (k, among) => codeOf(spread(largest(masked(preactivations, among), k), latents)),
  }
}

/** Products with the latents that are on. Only for activations that keep a fixed number of the largest. */
export function sparseEncoding(input: EncodingInput & { readonly kept: number }): Encoding {
  const { x, encoder, latentBias, bias, decoder, kept } = input
  const latents = latentBias.shape[0] as number
  const [centred, preactivations] = withoutGradient((): [Tensor, Tensor] => {
    const difference = sub(x, bias)
    return [difference, add(matMul(difference, encoder), latentBias)]
  })
  const codeOf = (found: SparseEntries): LatentCode => {
    const entries = sparseEncode(found, centred, { encoder, latentBias, bias })
    const { values } = entries
    return {
      decode: () => sparseDecode(entries, decoder),
      total: () => sum(values, 1),
      count: () => withoutGradient(() => sum(cast(greater(values, 0), 'float32'), 1)),
      fired: (threshold) => withoutGradient(() => sparseFired(entries, latents, threshold)),
    }
  }
  const find = (k: number, among?: Tensor): SparseEntries =>
    withoutGradient(() =>
      among === undefined ? largest(preactivations, k) : sparseLargest(preactivations, among, k),
    )
  return { code: codeOf(find(kept)), largest: (k, among) => codeOf(find(k, among)) }
}

function masked(preactivations: Tensor, among: Tensor | undefined): Tensor {
  if (among === undefined) return preactivations
  return where(reshape(among, [1, -1]), preactivations, NEVER)
}
