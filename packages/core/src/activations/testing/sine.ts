/**
 * A collection for tests that kill it: sines of 16 tokens a sequence, 64 values a token, in shards of 1000 rows.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose, matMul, reshape, sin } from '@tensorflow/tfjs-core'
import { fromArrays } from '../../data/dataset.ts'
import { Rng } from '../../rng.ts'
import type { ActivationSet } from '../activation-set.ts'
import { type CollectOptions, collectActivations } from '../collect.ts'

/** Collects into a place, in 8 sequences at a time; `at` must be left out. */
export async function collectSines(
  sequences: number,
  options: Omit<CollectOptions, 'at'>,
): Promise<ActivationSet> {
  const weight = new Rng(1).normal([1, 64])
  const sines = (x: Tensor): Tensor =>
    reshape(sin(matMul(reshape(x, [-1, 1]), weight)), [-1, 16, 64])
  const data = fromArrays({
    data: new Rng(2).normalValues(sequences * 16),
    shape: [sequences, 16],
  })
  try {
    return await collectActivations(sines, data, { ...options, batch: 8, shardRows: 1000 })
  } finally {
    dispose(weight)
  }
}
