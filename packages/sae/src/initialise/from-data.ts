/**
 * A sparse autoencoder's start from a sample of its data (Gao et al., 2024, appendix A.1).
 *
 *     bias = geometric median,   encoder = decoder^T / |xhat - bias| of random unit inputs,   lossScale = 1 / variance
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  div,
  fill,
  matMul,
  maximum,
  mean,
  scalar,
  sqrt,
  square,
  sum,
  tensor1d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core'
import { check, Rng } from '@winnow/core'
import { unitRows } from '../constraints/unit-norm-decoder.ts'
import { columnMeans } from '../metrics/rows.ts'
import { normaliseExamples } from '../normalise.ts'
import type { SparseAutoencoder } from '../sparse-autoencoder.ts'
import { geometricMedian } from './geometric-median.ts'

/** Options of {@link initialiseFromData}. */
export interface InitialiseOptions {
  /** For the random inputs that the encoder is scaled by; seed 0 by default. */
  readonly rng?: Rng
  /** How many rows of the sample the median is taken of; 32,768 by default. */
  readonly medianRows?: number
}

/** Random inputs that the encoder is scaled by. */
const PROBES = 256
/** An activation that lets nothing through must not make the encoder infinite. */
const SHORTEST = 1e-3

/**
 * Puts first values in a model: the bias, an encoder tied to the decoder and scaled so that inputs at distance 1 from the
 * bias are rebuilt at distance 1, and the scale of the loss. Call it before training.
 *
 * @param sample some thousand rows of the data: `[rows, inputs]`; stays the caller's
 * @throws WinnowError for a sample of another width, with values that are not finite, or with all rows alike
 */
export async function initialiseFromData(
  model: SparseAutoencoder,
  sample: Tensor,
  options: InitialiseOptions = {},
): Promise<void> {
  const { inputs, latents, normalise = 'none' } = model.config
  const { rng = new Rng(0), medianRows = 32768 } = options
  check(
    sample.rank === 2 && sample.shape[1] === inputs && (sample.shape[0] as number) > 1,
    () =>
      `initialiseFromData: sample: shape [${sample.shape}] came, expected [rows, ${inputs}] with 2 rows or more`,
  )
  const seen = tidy(() => (normalise === 'none' ? sample.clone() : normaliseExamples(sample).x))
  const values = (await seen.data()) as Float32Array
  seen.dispose()
  const place = values.findIndex((value) => !Number.isFinite(value))
  check(
    place < 0,
    () =>
      `initialiseFromData: sample: ${values[place]} came in row ${Math.floor(place / inputs)}, expected finite numbers`,
  )
  const variance = meanVariance(values, inputs)
  check(
    variance > 0,
    () => 'initialiseFromData: sample: all rows are alike, expected data that vary',
  )
  const median = geometricMedian(values.subarray(0, medianRows * inputs), inputs)
  model.bias.assign(tensor1d(Float32Array.from(median)))
  model.lossScale.assign(scalar(1 / variance))
  const decoder = tidy(() => unitRows(model.decoder.value))
  model.decoder.assign(decoder)
  model.encoder.assign(tidy(() => transpose(model.decoder.value)))
  model.latentBias.assign(fill([latents], 0))
  const scaled = tidy(() => {
    // What encoding makes of bias + direction.
    const centred = unitRows(rng.normal([PROBES, inputs]))
    const code = model.activation.forward(matMul(centred, model.encoder.value), { centred })
    const length = mean(sqrt(sum(square(matMul(code, model.decoder.value)), 1)))
    return div(model.encoder.value, maximum(length, SHORTEST))
  })
  model.encoder.assign(scaled)
}

/** The mean over inputs of the variance over rows. */
function meanVariance(values: Float32Array, inputs: number): number {
  const means = columnMeans(values, inputs)
  const total = values.reduce(
    (sum, value, i) => sum + (value - (means[i % inputs] as number)) ** 2,
    0,
  )
  return total / values.length
}
