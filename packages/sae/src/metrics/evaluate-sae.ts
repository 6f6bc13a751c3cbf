/**
 * A sparse autoencoder measured on a data set, in one pass: explained variance, normalised error, L0, dead latents.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, notEqual, sum } from '@tensorflow/tfjs-core'
import {
  asBatches,
  check,
  compile,
  type DataSource,
  type HostBatch,
  inputsOf,
  loadEpoch,
  Rng,
} from '@winnow/core'
import type { SparseAutoencoder } from '../sparse-autoencoder.ts'

/** What {@link evaluateSae} finds. */
export interface SaeEvaluation {
  readonly rows: number
  /** 1 - normalisedMeanSquaredError: see `explainedVariance`. */
  readonly explainedVariance: number
  /** Squared error in units of that of the best constant. */
  readonly normalisedMeanSquaredError: number
  /** Mean over rows and inputs, in squared units of the data. */
  readonly meanSquaredError: number
  /** How many latents are on, averaged over rows. */
  readonly l0: number
  /** How many latents are on for no row: few rows make this high. */
  readonly deadLatents: number
  /** For each latent, the share of rows that it is on for: `[latents]`. */
  readonly frequencies: Float64Array
}

/**
 * Reads the whole of `data`, `batch` rows at a time (1,024 by default). Sums are kept in float64, about the mean of the
 * first batch, so that data far from 0 lose nothing.
 *
 * @throws WinnowError for data of another width, that are not finite, or that do not vary
 */
export async function evaluateSae(
  model: SparseAutoencoder,
  data: DataSource,
  options: { readonly batch?: number } = {},
): Promise<SaeEvaluation> {
  const { batch: size = 1024 } = options
  const { inputs, latents } = model.config
  using run = compile(
    (x: Tensor) => {
      const { latents: code, scale } = model.encode(x)
      return { rebuilt: model.decode(code, scale), on: sum(notEqual(code, 0), 0) }
    },
    { modules: [model] },
  )
  const pass = {
    rng: new Rng(0),
    epoch: 0,
    check: (host: HostBatch): void => model.checkData(host),
  }
  const spread = new Spread(inputs)
  const counts = new Float64Array(latents)
  let error = 0
  for await (const loaded of loadEpoch(asBatches(data, { size, partial: 'keep' }), pass)) {
    const x = inputsOf(loaded.batch)
    const { rebuilt, on } = await run(x)
    const [values, guesses, active] = await Promise.all([x.data(), rebuilt.data(), on.data()])
    spread.add(values)
    for (let i = 0; i < values.length; i++) {
      error += ((values[i] as number) - (guesses[i] as number)) ** 2
    }
    for (let i = 0; i < latents; i++) counts[i] = (counts[i] as number) + (active[i] as number)
    dispose([rebuilt, on, loaded.batch] as never)
  }
  const { rows, variation } = spread
  check(rows > 0, () => 'evaluateSae: data: no rows came')
  check(variation > 0, () => 'evaluateSae: data: all rows are alike, expected data that vary')
  return {
    rows,
    explainedVariance: 1 - error / variation,
    normalisedMeanSquaredError: error / variation,
    meanSquaredError: error / (rows * inputs),
    l0: counts.reduce((total, count) => total + count, 0) / rows,
    deadLatents: counts.reduce((total, count) => total + (count === 0 ? 1 : 0), 0),
    frequencies: counts.map((count) => count / rows),
  }
}

/** How far rows lie from their mean, kept about a point near it. */
class Spread {
  rows = 0
  readonly #width: number
  readonly #sums: Float64Array
  readonly #origin: Float64Array
  #squares = 0

  constructor(width: number) {
    this.#width = width
    this.#sums = new Float64Array(width)
    this.#origin = new Float64Array(width)
  }

  add(values: ArrayLike<number>): void {
    const rows = values.length / this.#width
    if (this.rows === 0) {
      for (let i = 0; i < values.length; i++) {
        const j = i % this.#width
        this.#origin[j] = (this.#origin[j] as number) + (values[i] as number) / rows
      }
    }
    for (let i = 0; i < values.length; i++) {
      const j = i % this.#width
      const distance = (values[i] as number) - (this.#origin[j] as number)
      this.#sums[j] = (this.#sums[j] as number) + distance
      this.#squares += distance * distance
    }
    this.rows += rows
  }

  /** The sum of squared distances from the mean. */
  get variation(): number {
    const about = this.#sums.reduce((total, one) => total + one * one, 0) / this.rows
    return this.#squares - about
  }
}
