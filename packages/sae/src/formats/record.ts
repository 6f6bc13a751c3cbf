/**
 * A sparse autoencoder as plain numbers, whatever file it came from: what the formats read and write, and models are
 * made of.
 *
 *     z = (x - bias) encoder + latentBias,   f = activation(z),   xhat = f decoder + bias
 */
import { check } from '@winnow/core'

/** What turns preactivations into latents. `jumpRelu` keeps those above `threshold`, a number for each latent. */
export type RecordActivation =
  | { readonly kind: 'relu' }
  | { readonly kind: 'topK'; readonly k: number }
  | { readonly kind: 'jumpRelu' }

/** See above; every array is row-major. */
export interface SaeRecord {
  readonly inputs: number
  readonly latents: number
  readonly activation: RecordActivation
  /** Whether each example is brought to mean 0 and deviation 1 first. */
  readonly normalise: 'none' | 'perExample'
  readonly parameters: {
    /** `[inputs, latents]` */
    readonly encoder: Float32Array
    /** `[latents]` */
    readonly latentBias: Float32Array
    /** `[latents, inputs]` */
    readonly decoder: Float32Array
    /** `[inputs]` */
    readonly bias: Float32Array
    /** `[latents]`, >= 0: with `jumpRelu`. */
    readonly threshold?: Float32Array
  }
  /** What the file said besides: the model, the place in it. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** @throws WinnowError when an array has another length than it should, holds what is not finite, or k does not fit */
export function checkRecord(record: SaeRecord, name: string): SaeRecord {
  const { inputs, latents, activation, parameters } = record
  const { encoder, latentBias, decoder, bias, threshold } = parameters
  const arrays: readonly (readonly [string, Float32Array | undefined, number])[] = [
    ['encoder', encoder, inputs * latents],
    ['latentBias', latentBias, latents],
    ['decoder', decoder, latents * inputs],
    ['bias', bias, inputs],
    ['threshold', threshold, activation.kind === 'jumpRelu' ? latents : 0],
  ]
  for (const [argument, values = new Float32Array(), length] of arrays) {
    check(
      values.length === length,
      () => `${name}: ${argument}: ${values.length} values came, expected ${length}`,
    )
    const bad = firstNonFinite(values)
    check(bad < 0, () => `${name}: ${argument}: ${values[bad]} came at ${bad}`)
  }
  check(
    activation.kind !== 'topK' ||
      (Number.isInteger(activation.k) && activation.k >= 1 && activation.k <= latents),
    () =>
      `${name}: k: ${(activation as { k: number }).k} came, expected a whole number from 1 to the ${latents} latents`,
  )
  return record
}

/** The place of the first value that is NaN or infinite, or -1. */
export function firstNonFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) {
    // NaN and infinities alone give something other than zero.
    if ((values[i] as number) * 0 !== 0) return i
  }
  return -1
}

/** Rows and columns that a cache holds together. */
const BLOCK = 32

/** A matrix `[rows, columns]` turned to `[columns, rows]`. */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length)
  for (let top = 0; top < rows; top += BLOCK) {
    const bottom = Math.min(rows, top + BLOCK)
    for (let left = 0; left < columns; left += BLOCK) {
      const right = Math.min(columns, left + BLOCK)
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          out[column * rows + row] = matrix[row * columns + column] as number
        }
      }
    }
  }
  return out
}

/**
 * The latents' bias of a model that does not take `bias` from its input, or (`sign` -1) from one that does to one that
 * does not: x E + c = (x - b) E + (c + b E).
 */
export function shiftedBias(
  latentBias: Float32Array,
  encoder: Float32Array,
  bias: Float32Array,
  sign: 1 | -1,
): Float32Array {
  const latents = latentBias.length
  const sums = Float64Array.from(latentBias)
  for (let input = 0; input < bias.length; input++) {
    const factor = sign * (bias[input] as number)
    if (factor === 0) continue
    for (let latent = 0; latent < latents; latent++) {
      sums[latent] =
        (sums[latent] as number) + factor * (encoder[input * latents + latent] as number)
    }
  }
  return Float32Array.from(sums)
}

/** Multiplies column `latent` of `encoder`, and its bias, by `factors[latent]`. */
export function scaleLatents(
  encoder: Float32Array,
  latentBias: Float32Array,
  factors: Float64Array,
): void {
  const latents = factors.length
  for (let i = 0; i < encoder.length; i++) {
    encoder[i] = (encoder[i] as number) * (factors[i % latents] as number)
  }
  for (let i = 0; i < latents; i++) {
    latentBias[i] = (latentBias[i] as number) * (factors[i] as number)
  }
}

/** Multiplies row `latent` of `decoder` by `factors[latent]`. */
export function scaleDecoder(decoder: Float32Array, factors: ArrayLike<number>): void {
  const inputs = decoder.length / factors.length
  for (let i = 0; i < decoder.length; i++) {
    decoder[i] = (decoder[i] as number) * (factors[Math.floor(i / inputs)] as number)
  }
}

/** The length of each row of `decoder`. */
export function decoderNorms(decoder: Float32Array, latents: number): Float64Array {
  const inputs = decoder.length / latents
  const norms = new Float64Array(latents)
  for (let i = 0; i < decoder.length; i++) {
    const latent = Math.floor(i / inputs)
    norms[latent] = (norms[latent] as number) + (decoder[i] as number) ** 2
  }
  return norms.map(Math.sqrt)
}
