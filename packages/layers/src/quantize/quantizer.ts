/**
 * What the quantisers share: their result, the straight-through estimator (Bengio et al., 2013: the gradient of the
 * quantised value is taken as that of the input), and checks.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, clone, reshape, sub } from '@tensorflow/tfjs-core'
import {
  type Context,
  check,
  type Module,
  needsHigherOrder,
  ownGradient,
  stopGradient,
  unknownName,
} from '@winnow/core'

/** What a quantiser makes of `[..., features]`. */
export interface QuantizerResult {
  /** `[..., features]`: the entries' values, exactly those of `decode(indices)`, with a gradient for the input. */
  readonly quantized: Tensor
  /** Which entry each vector became: int32, `[...]`, or `[..., quantizers]` of a residual quantiser. */
  readonly indices: Tensor
  /** What to add to the objective: a scalar, already weighted. Zero where nothing is to be learnt. */
  readonly loss: Tensor
  /** exp of the entropy of the entries' use in this batch: a scalar from 1 (one entry) to the number of entries. */
  readonly perplexity: Tensor
  /** Share of the entries used at least once in this batch: a scalar in (0, 1]. */
  readonly usage: Tensor
}

/** A module that makes whole numbers of vectors, and vectors of whole numbers. */
export interface Quantizer extends Module {
  /** How many values an index has: from 0 to `entries - 1`. */
  readonly entries: number
  /** Only a training context lets the quantiser remember anything; without one it validates. */
  forward(x: Tensor, context?: Context): QuantizerResult
  /** Indices int32 to the vectors `[..., features]` that they stand for. */
  decode(indices: Tensor): Tensor
}

/** The values of `quantized`, with the gradient of `x`: what comes back goes to `x` as it is, and nowhere else. */
export function straightThrough(x: Tensor, quantized: Tensor): Tensor {
  // Rounds differently from the other form, so only where its second derivative is asked for.
  if (needsHigherOrder()) return add(x, stopGradient(sub(quantized, x)))
  return ownGradient('straightThrough', [x], {
    forward: () => clone(quantized),
    backward: (gradient) => [clone(gradient)],
  })
}

/** `[..., features]` as `[rows, features]`. */
export function rowsOf(x: Tensor, features: number): Tensor {
  return x.rank === 2 ? x : reshape(x, [x.size / features, features])
}

/** Throws unless every option is among `known`: a misspelt one would leave its default in force. */
export function checkOptions(quantizer: string, config: object, known: readonly string[]): void {
  for (const name of Object.keys(config))
    if (!known.includes(name)) throw unknownName(`${quantizer}: option`, name, known)
}

/** Throws unless `value` is a number of at least 0. */
export function checkWeight(argument: string, value: number): void {
  check(
    Number.isFinite(value) && value >= 0,
    () => `${argument}: ${value} came, expected a number >= 0`,
  )
}

/** Throws unless `x` is `[..., features]`, a batch before it, with a vector in it. */
export function checkVectors(quantizer: string, x: Tensor, features: number): void {
  check(
    x.dtype === 'float32' && x.rank >= 2 && x.shape[x.rank - 1] === features && x.size > 0,
    () =>
      `${quantizer}: a ${x.dtype} input of shape [${x.shape}] came, expected float32 [batch, ..., ${features}] of one vector or more`,
  )
}

/** Throws unless `indices` are int32. */
export function checkIndices(quantizer: string, indices: Tensor): void {
  check(
    indices.dtype === 'int32',
    () =>
      `${quantizer}: indices: a ${indices.dtype} tensor of shape [${indices.shape}] came, expected int32`,
  )
}
