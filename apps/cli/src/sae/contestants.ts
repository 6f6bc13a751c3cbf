/**
 * What `winnow compare sae` trains and measures, each as a sparse autoencoder of its own.
 */
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import { check, not, only, Rng, type Selector, symmetricEigen } from '@winnow/core'
import { auxK, relu, reluSae, SparseAutoencoder, topK, topKSae } from '@winnow/sae'
import type { SaeData, SaeSettings } from './settings.ts'

/** The families that are drawn as lines. */
export const FAMILIES = [
  'TopK with AuxK',
  'TopK without AuxK',
  'ReLU + L1',
  'random directions',
  'PCA',
] as const

/** One family at one sparsity. */
export interface Contestant {
  readonly family: (typeof FAMILIES)[number]
  /** `k 32`, or the weight of the penalty. */
  readonly setting: string
  readonly model: SparseAutoencoder
  /** What of it trains; nothing where it is false. */
  readonly train?: Selector | false
}

const sizesOf = ({ latents, deadAfter }: SaeSettings, { input }: Pick<SaeData, 'input'>) => ({
  inputs: input[0] as number,
  latents,
  deadAfter,
})

/** TopK, whose dead latents are revived or not. */
export function topKContestant(
  settings: SaeSettings,
  data: SaeData,
  k: number,
  revive: boolean,
): Contestant {
  const options = { ...sizesOf(settings, data), k, ...(revive ? {} : { auxK: false as const }) }
  return {
    family: revive ? 'TopK with AuxK' : 'TopK without AuxK',
    setting: `k ${k}`,
    model: topKSae(options, new Rng(settings.seed)),
  }
}

/** ReLU with a penalty of this weight. */
export function reluContestant(settings: SaeSettings, data: SaeData, weight: number): Contestant {
  return {
    family: 'ReLU + L1',
    setting: `L1 ${Number(weight.toPrecision(3))}`,
    model: reluSae({ ...sizesOf(settings, data), l1: weight }, new Rng(settings.seed)),
  }
}

/** TopK on a dictionary that stays as it was drawn: only what reads it is trained. */
export function randomContestant(settings: SaeSettings, data: SaeData, k: number): Contestant {
  const config = { ...sizesOf(settings, data), activation: topK(k), losses: [auxK()] }
  return {
    family: 'random directions',
    setting: `k ${k}`,
    model: new SparseAutoencoder(config, new Rng(settings.seed)),
    train: not(only('decoder')),
  }
}

/** Directions of largest variance. */
export interface PrincipalDirections {
  readonly mean: Float64Array
  /** A row for each, the strongest first: `[width, width]`. */
  readonly vectors: Float64Array
}

/** Of rows `[rows, width]`. */
export function principalDirections(rows: Float32Array, width: number): PrincipalDirections {
  const count = rows.length / width
  const mean = new Float64Array(width)
  rows.forEach((value, i) => {
    mean[i % width] = (mean[i % width] as number) + value / count
  })
  const covariance = new Float64Array(width * width)
  const row = new Float64Array(width)
  for (let start = 0; start < rows.length; start += width) {
    for (let j = 0; j < width; j++) row[j] = (rows[start + j] as number) - (mean[j] as number)
    for (let a = 0; a < width; a++) {
      const value = row[a] as number
      // The lower triangle is all that is read.
      for (let b = 0; b <= a; b++) {
        const place = a * width + b
        covariance[place] = (covariance[place] as number) + (value * (row[b] as number)) / count
      }
    }
  }
  return { mean, vectors: symmetricEigen(covariance, width).vectors }
}

/**
 * PCA with `k` directions. Each is there twice, once for either sign, so that a ReLU keeps its coordinate: `k` are on for
 * every token.
 */
export function pcaContestant({ mean, vectors }: PrincipalDirections, k: number): Contestant {
  const width = mean.length
  check(k <= width, () => `--k: ${k} came, expected at most ${width}, the width of the activations`)
  const config = { inputs: width, latents: 2 * k, activation: relu() }
  const model = new SparseAutoencoder(config, new Rng(0))
  const decoder = new Float32Array(2 * k * width)
  const encoder = new Float32Array(2 * k * width)
  for (let i = 0; i < 2 * k; i++) {
    for (let j = 0; j < width; j++) {
      const value = (i < k ? 1 : -1) * (vectors[(i % k) * width + j] as number)
      decoder[i * width + j] = value
      encoder[j * 2 * k + i] = value
    }
  }
  model.decoder.assign(tensor2d(decoder, [2 * k, width]))
  model.encoder.assign(tensor2d(encoder, [width, 2 * k]))
  model.bias.assign(tensor1d(Float32Array.from(mean)))
  return { family: 'PCA', setting: `${k} directions`, model, train: false }
}
