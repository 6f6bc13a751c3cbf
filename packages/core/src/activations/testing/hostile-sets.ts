/**
 * Sets of activations of which one file is spoiled.
 */
import { getHeapStatistics } from 'node:v8'
import type { Tensor } from '@tensorflow/tfjs-core'
import { clone } from '@tensorflow/tfjs-core'
import { fromArrays } from '../../data/dataset.ts'
import { type FuzzResult, fuzzReader } from '../../testing/hostile-files.ts'
import { openActivations } from '../activation-set.ts'
import { collectActivations } from '../collect.ts'
import { memoryStore } from '../store.ts'

/** Opens and reads sets with a spoiled `index.json` or a spoiled shard. */
export async function fuzzActivations(
  spoiled: 'index.json' | 'activations-00001.safetensors',
  cases: number,
  seed: number,
): Promise<FuzzResult> {
  const store = memoryStore()
  const data = fromArrays({ data: Float32Array.from({ length: 60 }, (_, i) => i), shape: [20, 3] })
  const identity = (x: Tensor): Tensor => clone(x)
  await collectActivations(identity, data, { store, shardRows: 8 })
  const whole = (await store.read(spoiled)) as Uint8Array
  const read = async (bytes: Uint8Array): Promise<void> => {
    await store.write(spoiled, bytes)
    const set = await openActivations(store)
    for await (const batch of set.batches({ size: 4, seed: 1 })) batch.inputs.data.fill(0)
  }
  const memory = (): number => getHeapStatistics().external_memory
  const allowed = (bytes: number): number => 64 * bytes + 2 ** 20
  return await fuzzReader({ files: [whole], read, cases, seed, memory, allowed })
}
