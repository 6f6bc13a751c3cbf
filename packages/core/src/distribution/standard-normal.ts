/**
 * The prior N(0, I) over latent vectors.
 */
import { add, mul, square, sum } from '@tensorflow/tfjs-core'
import type { Prior } from './distribution.ts'
import { gaussianKlToStandardNormal, isGaussian } from './gaussian.ts'

const LOG_TWO_PI = Math.log(2 * Math.PI)

/** Independent normal variables of mean 0 and variance 1; KL in closed form from a Gaussian posterior. */
export function standardNormal(): Prior {
  return {
    name: 'standardNormal',
    sample: (shape, rng) => rng.normal(shape),
    logProbability: (z) => mul(sum(add(square(z), LOG_TWO_PI), -1), -0.5),
    closedFormKl: (posterior) =>
      isGaussian(posterior) ? gaussianKlToStandardNormal(posterior) : undefined,
  }
}
