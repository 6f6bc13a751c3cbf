/**
 * Decoding and encoding that touch only the latents that are on, with gradients that do the same.
 *
 *     decode: x = sum_j values[b, j] decoder[indices[b, j]]
 *     encode: values[b, j] = relu(centred[b] . encoder[:, indices[b, j]] + latentBias[indices[b, j]])
 *
 * With `kept` entries in each row, `width` inputs and `latents` latents, a gradient costs batch * kept * width
 * multiplications in place of batch * latents * width. Both are host calls (see core's `hostCall`).
 */
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core'
import { customGrad, matMul, neg, reshape } from '@tensorflow/tfjs-core'
import { hostCall } from '@winnow/core'
import { decodeRows, dotRows, firedLatents, type HostCode, sumRows, sumValues } from './rows.ts'
import { largestAmong } from './select.ts'

/** A code by its entries: values that are >= 0, and the latents that they are of. */
export interface SparseEntries {
  /** float32 `[batch, kept]`, rectified: where it is 0 nothing flows back either. */
  readonly values: Tensor
  /** int32 `[batch, kept]`, different in each row. */
  readonly indices: Tensor
}

/** Parameters that {@link sparseEncode} has gradients for. */
export interface EncoderParameters {
  /** `[inputs, latents]` */
  readonly encoder: Tensor
  /** `[latents]` */
  readonly latentBias: Tensor
  /** `[inputs]`, which was taken from the data: centred = x - bias. */
  readonly bias: Tensor
}

/** @param decoder `[latents, inputs]`; @returns `[batch, inputs]` */
export function sparseDecode({ values, indices }: SparseEntries, decoder: Tensor): Tensor {
  const [batch, kept] = values.shape as [number, number]
  const [latents, width] = decoder.shape as [number, number]
  const decode = customGrad((...given) => {
    const save = given[2] as unknown as (tensors: Tensor[]) => void
    const [v, rows] = given as unknown as [Tensor, Tensor]
    const [value] = hostCall(
      (a, i, w) => [decodeRows(code(a, i, kept), w as Float32Array, width)],
      [v, indices, rows],
      { shapes: [[batch, width]] },
    )
    save([v, indices, rows])
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
      hostCall(
        (a, i, w, g) => [
          dotRows(code(a, i, kept), g as Float32Array, w as Float32Array, width),
          sumRows(code(a, i, kept), g as Float32Array, { latents, width }),
        ],
        [...saved, dy],
        { shapes: [[batch, kept], decoder.shape] },
      )
    return { value: value as Tensor, gradFunc }
  })
  return decode(values, decoder)
}

/**
 * The entries of a code, through which the encoder's parameters learn.
 *
 * @param found values as they were computed without gradient, rectified, and their latents
 * @param centred `[batch, inputs]`: data less the bias. No gradient flows to the data.
 */
export function sparseEncode(
  { values, indices }: SparseEntries,
  centred: Tensor,
  { encoder, latentBias, bias }: EncoderParameters,
): SparseEntries {
  const kept = values.shape[1] as number
  const [width, latents] = encoder.shape as [number, number]
  const encode = customGrad((...given) => {
    const save = given[3] as unknown as (tensors: Tensor[]) => void
    const matrix = given[0] as Tensor
    save([values, indices, centred, matrix])
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [v, i, rows, weights] = saved as [Tensor, Tensor, Tensor, Tensor]
      const [encoderGradient, latentGradient] = hostCall(
        (a, b, c, g) => {
          const on = code(where(a as Float32Array, g as Float32Array), b, kept)
          return [
            sumRows(on, c as Float32Array, { latents, width, transposed: true }),
            sumValues(on, latents),
          ]
        },
        [v, i, rows, dy],
        { shapes: [[width, latents], [latents]] },
      ) as [Tensor, Tensor]
      // What one example's code wants of the bias is its row's sum; the sum over the batch goes through the encoder once.
      const wanted = matMul(weights, reshape(latentGradient, [latents, 1]))
      return [encoderGradient, latentGradient, neg(reshape(wanted, [width]))]
    }
    return { value: values.clone(), gradFunc }
  })
  return { values: encode(encoder, latentBias, bias), indices }
}

/** 1 for each latent with a value above `threshold` somewhere in the batch, else 0: `[latents]`, without gradient. */
export function sparseFired(
  { values, indices }: SparseEntries,
  latents: number,
  threshold: number,
): Tensor {
  const kept = values.shape[1] as number
  const [fired] = hostCall(
    (a, i) => [firedLatents(code(a, i, kept), latents, threshold)],
    [values, indices],
    { shapes: [[latents]] },
  )
  return fired as Tensor
}

/** The `k` largest of each row of `[batch, latents]`, rectified, among the latents where `among` (bool) holds. */
export function sparseLargest(preactivations: Tensor, among: Tensor, k: number): SparseEntries {
  const batch = preactivations.shape[0] as number
  const shape = [batch, k]
  const [values, indices] = hostCall(
    (z, chosen) => {
      const found = largestAmong({ preactivations: z as Float32Array, among: chosen, k })
      return [found.values, found.indices]
    },
    [preactivations, among],
    { shapes: [shape, shape], dtypes: ['float32', 'int32'] },
  ) as [Tensor, Tensor]
  return { values, indices }
}

function code(values: TypedArray, indices: TypedArray, kept: number): HostCode {
  return { values: values as Float32Array, indices: indices as Int32Array, kept }
}

/** The gradient where the value is not 0: that of the rectifier. */
function where(values: Float32Array, gradient: Float32Array): Float32Array {
  return gradient.map((slope, i) => (values[i] === 0 ? 0 : slope))
}
