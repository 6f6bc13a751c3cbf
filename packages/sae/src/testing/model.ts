/** The small model that tests of this package look at, its data, and tensors as numbers. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { check, Rng } from '@winnow/core'
import { topK } from '../activations/top-k.ts'
import { SparseAutoencoder, type SparseAutoencoderConfig } from '../sparse-autoencoder.ts'

/** Sizes of {@link make}'s models. */
export const inputs = 12
export const latents = 40

export const config: SparseAutoencoderConfig = { inputs, latents, activation: topK(5) }

/** Normal numbers `[rows, inputs]`. */
export function batch(rows = 24, seed = 3): Tensor {
  return new Rng(seed).normal([rows, inputs])
}

/** A model whose biases are not 0. */
export function make(more: Partial<SparseAutoencoderConfig> = {}): SparseAutoencoder {
  const model = new SparseAutoencoder({ ...config, ...more }, new Rng(1))
  model.latentBias.assign(new Rng(8).normal([latents], { deviation: 0.1 }))
  model.bias.assign(new Rng(9).normal([inputs], { deviation: 0.5 }))
  return model
}

/** What the same numbers computed another way may differ by. */
export const tight = { absolute: 1e-5, relative: 1e-5 }

/** Shape and values, so that `toBeAllClose` compares both. */
export function valuesOf(tensor: Tensor | undefined): readonly ArrayLike<number>[] {
  check(tensor !== undefined, () => 'valuesOf: no tensor came')
  return [tensor.shape, tensor.dataSync()]
}
