/**
 * The discretised logistic likelihood (Kingma et al., 2016; edges as in PixelCNN++, Salimans et al., 2017), for bytes.
 *
 * The mass of a level is that of a logistic variable within half a level of it; the lowest level takes all that lies
 * below, the highest all above, so the masses of the levels sum to one. With `u` the level in [-1, 1], `m` the location,
 * `s` the scale and `h` half a level, all in that unit, `a = (u - m + h) / s` and `b = (u - m - h) / s`:
 *
 *     log p = log(sigmoid(a) - sigmoid(b)) = log sigmoid(a) + log(1 - sigmoid(b)) + log(1 - exp(-2 h / s))
 *
 * which is exact in the far tails, where PixelCNN++ falls back on the density. At the lowest level only the first term
 * stays, at the highest only the second.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  clipByValue,
  exp,
  expm1,
  log,
  mul,
  neg,
  round,
  softplus,
  step,
  sub,
} from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import {
  checkOutputs,
  LIKELIHOOD_REDUCTION,
  type Likelihood,
  splitOutputs,
  sumPerExample,
} from './likelihood.ts'
import { type Bounds, softBound } from './soft-bound.ts'
import { checkRange } from './value-range.ts'

/** Options of {@link discretisedLogistic}. */
export interface DiscretisedLogisticOptions {
  /** Number of levels, evenly spaced over the range, both ends included; 256 by default. */
  readonly levels?: number
  /** Where the levels lie: [0, 1] by default, so that bytes divided by 255 fit; or [-1, 1]. */
  readonly range?: readonly [0, 1] | readonly [-1, 1]
  /**
   * Smooth bounds of the logarithm of the scale, in units of half the range; [-7, 3] by default: from a tenth of a
   * byte's width to ten times the range.
   */
  readonly logScaleBounds?: Bounds
}

/**
 * Data at the levels of `range`; the decoder gives the locations and then the log-scales, both for data in [-1, 1]
 * whatever the range is.
 *
 * A value between levels is taken as a level of its own, so it has a number too, but masses sum to one over the levels.
 *
 * @throws WinnowError when there are fewer than two levels
 */
export function discretisedLogistic(options: DiscretisedLogisticOptions = {}): Likelihood {
  const { levels = 256, range = [0, 1], logScaleBounds = [-7, 3] } = options
  check(
    Number.isInteger(levels) && levels >= 2,
    () => `discretisedLogistic: levels ${levels} came, expected a whole number, 2 or more`,
  )
  const kind = { name: 'discretisedLogistic', parameters: 2 } as const
  const half = 1 / (levels - 1)
  const isUnit = range[0] === 0
  const toSymmetric = (x: Tensor): Tensor => (isUnit ? sub(mul(x, 2), 1) : x)
  const fromSymmetric = (u: Tensor): Tensor => (isUnit ? mul(add(u, 1), 0.5) : u)
  const parametersOf = (outputs: Tensor): [location: Tensor, logScale: Tensor] => {
    const [location, raw] = splitOutputs(outputs, kind) as [Tensor, Tensor]
    return [location, softBound(raw, logScaleBounds)]
  }
  return {
    ...kind,
    range,
    reduction: LIKELIHOOD_REDUCTION,
    logProbability(x, outputs) {
      checkOutputs(x, outputs, kind)
      const [location, logScale] = parametersOf(outputs)
      return sumPerExample(logMass(toSymmetric(x), location, logScale, half))
    },
    mean: (outputs) => fromSymmetric(clipByValue(parametersOf(outputs)[0], -1, 1)),
    sample(outputs, rng) {
      const [location, logScale] = parametersOf(outputs)
      const uniform = rng.uniform(location.shape, { low: 1e-7, high: 1 - 1e-7 })
      const noise = sub(log(uniform), log(sub(1, uniform)))
      const draw = clipByValue(add(location, mul(exp(logScale), noise)), -1, 1)
      const index = round(mul(add(draw, 1), (levels - 1) / 2))
      return fromSymmetric(sub(mul(index, 2 * half), 1))
    },
    checkRange: (values, name) =>
      checkRange(values, range, { argument: name, expectedBy: 'discretisedLogistic()' }),
  }
}

/** Nats for each element of `u`, in [-1, 1]. */
function logMass(u: Tensor, location: Tensor, logScale: Tensor, half: number): Tensor {
  const inverseScale = exp(neg(logScale))
  const centred = sub(u, location)
  const logBelowUpper = neg(softplus(neg(mul(add(centred, half), inverseScale))))
  const logAboveLower = neg(softplus(mul(sub(centred, half), inverseScale)))
  const logWidth = log(neg(expm1(mul(inverseScale, -2 * half))))
  // 1 or 0, without gradient.
  const hasUpper = step(sub(1 - half, u))
  const hasLower = step(sub(u, half - 1))
  return add(
    add(mul(hasUpper, logBelowUpper), mul(hasLower, logAboveLower)),
    mul(mul(hasUpper, hasLower), logWidth),
  )
}
