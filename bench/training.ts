/** Models and data of the benches that make whole training steps; `bench/peers` has the same networks in Python. */
import { HyperpriorCodec } from '../packages/compression/src/index.ts'
import type { ArrayDataset, Batch, Batches, Module, Objective } from '../packages/core/src/index.ts'
import { fromArrays, Rng } from '../packages/core/src/index.ts'
import { convDecoder, convEncoder, mlp } from '../packages/layers/src/index.ts'
import { MAE } from '../packages/mae/src/index.ts'
import { VAE } from '../packages/vae/src/index.ts'
import type { TrainingBench } from './names.ts'
import { sparseAutoencoder } from './sae.ts'
import { maskedLanguageTraining } from './text.ts'
import { Transformer } from './transformer.ts'
import { Classifier, vitImage, vitTiny } from './vision.ts'

export interface Training {
  readonly model: Module & Objective<Batch>
  readonly data: ArrayDataset
  readonly batch: number
  /** What batches go through before they become tensors. */
  prepare?(batches: Batches): Batches
}

export const LEARNING_RATE = 1e-3

/** Batches in the data: enough that a step gathers from more than the processor's caches hold. */
const BATCHES = 16

/** Black-and-white pictures, a fifth of the pixels white. */
function pictures(shape: readonly number[], count: number, rng: Rng): ArrayDataset {
  const size = shape.reduce((a, b) => a * b, count)
  const data = rng.uniformValues(size).map((value) => (value < 0.2 ? 1 : 0))
  return fromArrays({ data, shape: [count, ...shape] })
}

/** Normal numbers as colour pictures: so few that the data is small beside the model. */
function colours(shape: readonly number[], count: number, rng: Rng): ArrayDataset {
  const size = shape.reduce((a, b) => a * b, count)
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10)
  return fromArrays({ data: rng.normalValues(size), shape: [count, ...shape], labels })
}

/** A masked autoencoder with the encoder of ViT-Tiny, three quarters of the patches hidden. */
function maskedAutoencoder(side: number, patch: number): (rng: Rng) => Training {
  return (rng) => ({
    model: new MAE(
      {
        image: [side, side, 3],
        patch,
        encoder: vitTiny,
        decoder: { features: 128, depth: 4, heads: 4 },
      },
      rng.split(),
    ) as Training['model'],
    data: colours([side, side, 3], 4 * 64, rng.split()),
    batch: 64,
  })
}

const builders: Readonly<Record<TrainingBench, (rng: Rng) => Training>> = {
  'vae-mlp': (rng) => ({
    model: new VAE(
      { input: [784], latent: 20, encoder: mlp([512, 512]), decoder: mlp([512, 512]) },
      rng.split(),
    ) as Training['model'],
    data: pictures([784], BATCHES * 128, rng.split()),
    batch: 128,
  }),
  'vae-conv': (rng) => ({
    model: new VAE(
      {
        input: [32, 32, 3],
        latent: 64,
        encoder: convEncoder([32, 64, 128, 128]),
        decoder: convDecoder([128, 128, 64, 32]),
      },
      rng.split(),
    ) as Training['model'],
    data: pictures([32, 32, 3], BATCHES * 64, rng.split()),
    batch: 64,
  }),
  transformer: (rng) => {
    const [tokens, width] = [64, 256]
    const count = 4 * 64
    const data = rng.normalValues(count * tokens * width)
    return {
      model: new Transformer({ blocks: 4, width, heads: 4 }, rng.split()) as Training['model'],
      data: fromArrays({ data, shape: [count, tokens, width] }),
      batch: 64,
    }
  },
  vit: (rng) => ({
    model: new Classifier(rng.split()) as Training['model'],
    data: colours(vitImage, 4 * 64, rng.split()),
    batch: 64,
  }),
  'mae-32': maskedAutoencoder(32, 4),
  'mae-96': maskedAutoencoder(96, 8),
  mlm: maskedLanguageTraining,
  sae: sparseAutoencoder(16384, 1024),
  'sae-4096': sparseAutoencoder(16384, 4096),
  'sae-scaling-4k': sparseAutoencoder(4096, 1024),
  'sae-scaling-16k': sparseAutoencoder(16384, 1024),
  'sae-scaling-64k': sparseAutoencoder(65536, 1024),
  codec: (rng) => {
    const [side, count] = [128, 4 * 8]
    return {
      model: new HyperpriorCodec({}, rng.split()) as Training['model'],
      data: fromArrays({
        data: rng.uniformValues(count * side * side * 3),
        shape: [count, side, side, 3],
      }),
      batch: 8,
    }
  },
}

export function buildTraining(bench: TrainingBench): Training {
  return builders[bench](new Rng(1))
}
