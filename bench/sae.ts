/** TopK sparse autoencoders: the benches `sae`, `sae-4096` (a larger batch) and `sae-scaling-*` (the dictionary's size). */
import { fromArrays, type Rng } from '../packages/core/src/index.ts'
import { topKSae } from '../packages/sae/src/index.ts'
import type { Training } from './training.ts'

const INPUTS = 512

/** With AuxK, as one trains it; no latent is dead within a bench. */
export function sparseAutoencoder(latents: number, batch: number): (rng: Rng) => Training {
  return (rng) => {
    const count = 4 * batch
    return {
      model: topKSae({ inputs: INPUTS, latents, k: 32 }, rng.split()) as Training['model'],
      data: fromArrays({ data: rng.normalValues(count * INPUTS), shape: [count, INPUTS] }),
      batch,
    }
  }
}
