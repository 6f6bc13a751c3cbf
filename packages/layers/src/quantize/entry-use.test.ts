import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { expectClose, valuesOf } from '../testing/values.ts'
import { useOfCounts, useOfIndices } from './entry-use.ts'

/** By a loop on the host. */
function reference(indices: readonly number[], entries: number): [number, number] {
  const counts = new Map<number, number>()
  for (const index of indices) counts.set(index, (counts.get(index) ?? 0) + 1)
  let entropy = 0
  for (const count of counts.values())
    entropy -= (count / indices.length) * Math.log(count / indices.length)
  return [Math.exp(entropy), counts.size / entries]
}

describe('the use of entries', () => {
  test.each([
    ['few vectors, many entries: by pairs', 40, 1000],
    ['many vectors: by products', 3000, 1000],
    ['entries that are no square', 500, 7],
    ['two entries', 5, 2],
    ['more than pairs may hold', 4200, 5000],
  ])('%s', (_, rows, entries) => {
    const indices = new Rng(5).integers([rows], { high: Math.ceil(entries * 0.8) })
    const [perplexity, usage] = reference(valuesOf(indices), entries)
    const use = useOfIndices(indices, entries)
    expectClose(use.perplexity, tf.scalar(perplexity), 1e-5)
    expectClose(use.usage, tf.scalar(usage), 1e-5)
  })

  test('the last entry is counted', () => {
    for (const entries of [2, 7, 8, 9, 16, 17]) {
      const all = tf.tensor1d(
        Array.from({ length: 3 * entries }, (_, i) => i % entries),
        'int32',
      )
      expectClose(useOfIndices(all, entries).perplexity, tf.scalar(entries), 1e-5)
      expectClose(useOfIndices(all, entries).usage, tf.scalar(1), 1e-6)
    }
  })

  test('one entry has a perplexity of exactly 1', () => {
    const { perplexity, usage } = useOfCounts(tf.tensor1d([0, 6, 0, 0]), 6)
    expect(valuesOf(perplexity)).toEqual([1])
    expect(valuesOf(usage)).toEqual([0.25])
  })
})
