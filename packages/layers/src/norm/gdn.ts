/**
 * Generalised divisive normalisation (Balle, Laparra and Simoncelli 2016): each channel is divided by the energy of all
 * channels at its place, as neurons of the eye are by their neighbours.
 *
 *     y_i = x_i / sqrt(beta_i + sum over j of gamma_ij x_j^2)
 *
 * The inverse, used in decoders, multiplies instead. beta and gamma must not be negative: the slots hold their square roots
 * (with a small pedestal, so that gradients do not vanish at 0), bounded below by a bound that can be left again.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import {
  add,
  conv2d,
  matMul,
  mul,
  reshape,
  rsqrt,
  sqrt,
  square,
  sub,
  tensor,
} from '@tensorflow/tfjs-core'
import { check, Module, Parameter } from '@winnow/core'
import type { Layer } from '../layer.ts'
import { checkCount, checkLastAxis } from '../shape.ts'
import { lowerBound } from './lower-bound.ts'

/** See {@link Gdn}. */
export interface GdnConfig {
  /** Channels: size of the last axis. */
  readonly features: number
  /** Whether to multiply instead of dividing; false by default. */
  readonly inverse?: boolean
  /** The least beta; 1e-6 by default. */
  readonly leastBeta?: number
  /** gamma starts as so many identities; 0.1 by default. beta starts at 1. */
  readonly gammaScale?: number
}

/** Added to beta and gamma below the root, and subtracted again. */
const PEDESTAL = 2 ** -36

/**
 * `[batch, ..., features]` to the same shape. Slots: `betaRoot` `[features]`, and `gammaRoot` `[features, features]` with the
 * channel that is summed first and the one that is divided last: square roots of beta and gamma.
 */
export class Gdn extends Module implements Layer {
  readonly config: GdnConfig
  readonly betaRoot: Parameter
  readonly gammaRoot: Parameter

  constructor(config: GdnConfig) {
    super()
    const { features, leastBeta = 1e-6, gammaScale = 0.1 } = config
    checkCount('Gdn: features', features)
    check(leastBeta > 0, () => `Gdn: leastBeta: ${leastBeta} came, expected a number > 0`)
    check(gammaScale >= 0, () => `Gdn: gammaScale: ${gammaScale} came, expected a number >= 0`)
    this.config = config
    const roots = new Float32Array(features * features).fill(Math.sqrt(PEDESTAL))
    for (let i = 0; i < features; i++) {
      roots[i * features + i] = Math.sqrt(gammaScale + PEDESTAL)
    }
    this.betaRoot = new Parameter(
      tensor(new Float32Array(features).fill(Math.sqrt(1 + PEDESTAL)), [features]),
    )
    this.gammaRoot = new Parameter(tensor(roots, [features, features]))
  }

  /** `[features]`, at least `leastBeta`. */
  get beta(): Tensor {
    const least = Math.sqrt((this.config.leastBeta ?? 1e-6) + PEDESTAL)
    return sub(square(lowerBound(this.betaRoot.value, least)), PEDESTAL)
  }

  /** `[features, features]`, at least 0: the channel that is summed, then the one that is divided. */
  get gamma(): Tensor {
    return sub(square(lowerBound(this.gammaRoot.value, Math.sqrt(PEDESTAL))), PEDESTAL)
  }

  /** @throws WinnowError when the last axis of `x` is not `features` long */
  forward(x: Tensor): Tensor {
    const { features, inverse = false } = this.config
    checkLastAxis('Gdn', x, features)
    const energy = add(this.#mixed(square(x)), this.beta)
    return mul(x, inverse ? sqrt(energy) : rsqrt(energy))
  }

  /** Sums over channels. Of maps as a 1 x 1 convolution: backends keep the layout of the convolutions around it. */
  #mixed(squares: Tensor): Tensor {
    const { features } = this.config
    if (squares.rank === 4) {
      const kernel = reshape(this.gamma, [1, 1, features, features]) as Tensor4D
      return conv2d(squares as Tensor4D, kernel, 1, 'valid')
    }
    const rows = reshape(squares, [squares.size / features, features])
    return reshape(matMul(rows, this.gamma as Tensor<never>), squares.shape)
  }
}
