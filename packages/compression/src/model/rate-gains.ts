/**
 * One model for many rates (Cui et al. 2021, "Asymmetric gained deep image compression"): each weight lambda of the error has
 * a gain for every latent channel, by which latents are multiplied before they are rounded, and another after. Between two of
 * them gains are interpolated by their logarithms, so that any rate in between can be had.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { exp, fill, matMul, mul, oneHot, ones, reshape, tensor } from '@tensorflow/tfjs-core'
import { type Context, check, Module, Parameter, WinnowError } from '@winnow/core'

/** Slots: `logGains` and `logInverses`, both `[lambdas, latents]`; none where there is one lambda. */
export class RateGains extends Module {
  readonly lambdas: readonly number[]
  readonly logGains: Parameter | undefined
  readonly logInverses: Parameter | undefined

  /** @param lambdas rising; steps are as fine as the root of lambda at first, which is best where noise is white */
  constructor(lambdas: readonly number[], latents: number) {
    super()
    check(
      lambdas.length > 0 && lambdas.every((value, i) => value > (lambdas[i - 1] ?? 0)),
      () => `codec: lambdas: [${lambdas}] came, expected rising numbers > 0`,
    )
    this.lambdas = lambdas
    if (lambdas.length === 1) return
    const { middle } = this
    const logs = (sign: number): Parameter => {
      const values = lambdas.flatMap((lambda) =>
        new Array<number>(latents).fill((sign / 2) * Math.log(lambda / middle)),
      )
      return new Parameter(tensor(values, [lambdas.length, latents]))
    }
    this.logGains = logs(1)
    this.logInverses = logs(-1)
  }

  /** The lambda that has no gain at first. */
  get middle(): number {
    return this.lambdas[this.lambdas.length >> 1] as number
  }

  /** Which lambda each example of a batch is for, `[batch, lambdas]`: drawn while training, else in turn. */
  choose(batch: number, context: Context): Tensor {
    const { length } = this.lambdas
    if (length === 1) return ones([batch, 1])
    const indices = context.training
      ? context.rng.split().integers([batch], { high: length })
      : tensor(
          Int32Array.from({ length: batch }, (_, i) => i % length),
          [batch],
          'int32',
        )
    return oneHot(indices, length, 1, 0, 'float32')
  }

  /** The greatest lambda, for all examples. */
  best(batch: number): Tensor {
    const { length } = this.lambdas
    if (length === 1) return ones([batch, 1])
    return oneHot(fill([batch], length - 1, 'int32'), length, 1, 0, 'float32')
  }

  /**
   * The same for one image: 0 is the least lambda, `lambdas - 1` the greatest, and what lies between is interpolated.
   *
   * @throws WinnowError for a quality that the model does not have
   */
  weights(quality: number): Float32Array {
    const last = this.lambdas.length - 1
    if (!(quality >= 0 && quality <= last)) {
      throw new WinnowError(
        last === 0
          ? `codec: quality: ${quality} came, and this model has one quality, 0`
          : `codec: quality: ${quality} came, expected a number from 0 to ${last}`,
      )
    }
    const out = new Float32Array(last + 1)
    const low = Math.min(Math.floor(quality), Math.max(last - 1, 0))
    out[low] = 1 - (quality - low)
    if (quality > low) out[low + 1] = quality - low
    return out
  }

  /** The weight of the error for each example: `[batch]`. */
  lambdaOf(choice: Tensor): Tensor {
    const logs = tensor(this.lambdas.map(Math.log), [this.lambdas.length, 1])
    return reshape(exp(matMul(choice as Tensor<never>, logs as Tensor<never>)), [-1])
  }

  apply(latents: Tensor, choice: Tensor): Tensor {
    return this.#scaled(latents, choice, this.logGains)
  }

  undo(latents: Tensor, choice: Tensor): Tensor {
    return this.#scaled(latents, choice, this.logInverses)
  }

  #scaled(latents: Tensor, choice: Tensor, logs: Parameter | undefined): Tensor {
    if (logs === undefined) return latents
    const factors = exp(matMul(choice as Tensor<never>, logs.value as Tensor<never>))
    const [batch, channels] = factors.shape as [number, number]
    return mul(latents, reshape(factors, [batch, 1, 1, channels]))
  }
}
