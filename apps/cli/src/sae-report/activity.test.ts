import type { Tensor } from '@tensorflow/tfjs-core'
import { memory, reshape, slice, tensor2d } from '@tensorflow/tfjs-core'
import { Rng, useBackend } from '@winnow/core'
import { LanguageModel } from '@winnow/lm'
import { SparseAutoencoder, topK } from '@winnow/sae'
import { beforeAll, describe, expect, it } from 'vitest'
import { featureActivity } from './activity.ts'
import { LEVELS } from './data.ts'
import { featureDirections, largest } from './directions.ts'
import { Strongest } from './strongest.ts'

const TOKENS = 200
const LATENTS = 12
beforeAll(() => useBackend('cpu'))

function models(): { model: LanguageModel; sae: SparseAutoencoder; ids: Int32Array } {
  const rng = new Rng(3)
  const model = new LanguageModel(
    { vocabulary: 30, tokens: TOKENS + 1, features: 8, depth: 2, heads: 2 },
    rng,
  )
  const sae = new SparseAutoencoder({ inputs: 8, latents: LATENTS, activation: topK(2) }, rng)
  // Several batches, of which the last is not full.
  const ids = Int32Array.from({ length: 7 * TOKENS + 1 }, () => Math.floor(rng.number() * 30))
  return { model, sae, ids }
}

describe('features over tokens', () => {
  it('are counted as a plain loop counts them', async () => {
    const { model, sae, ids } = models()
    const before = memory().numTensors
    const found = await featureActivity({ model, sae, at: 'blocks.1', ids })
    expect(memory().numTensors).toBe(before)
    const values: number[][] = [Array.from({ length: LATENTS }, () => 0)]
    for (let first = 0; first + TOKENS < ids.length; first += TOKENS) {
      const x = tensor2d(ids.slice(first, first + TOKENS + 1), [1, TOKENS + 1], 'int32')
      const block = model.hidden(x).blocks[1] as Tensor
      const rest: Tensor = reshape(slice(block, [0, 1, 0], [1, TOKENS, 8]), [TOKENS, 8])
      values.push(...((await sae.encode(rest).latents.array()) as number[][]))
    }
    expect(values).toHaveLength(ids.length)
    expect(found).toHaveLength(LATENTS)
    for (const [feature, { on, most, bins, examples }] of found.entries()) {
      const own = values.map((row) => row[feature] as number)
      const positive = own.filter((value) => value > 0)
      const top = Math.max(...own)
      expect(on).toBe(positive.length)
      expect(most).toBeCloseTo(top, 3)
      const low = positive.filter((value) => value < top / 20).length
      expect(Math.abs((bins[0] as number) - low)).toBeLessThanOrEqual(1)
      expect(bins.reduce((sum, count) => sum + count, 0)).toBe(on)
      expect(examples[0]?.peak).toBe(own.indexOf(top))
      for (const { start, peak, levels } of examples) {
        expect(peak - start).toBeLessThanOrEqual(20)
        for (const [i, letter] of [...levels].entries()) {
          const level = (61 * (own[start + i] as number)) / top
          expect(Math.abs(LEVELS.indexOf(letter) - level)).toBeLessThan(1.001)
          expect(letter === '0').toBe(own[start + i] === 0)
        }
      }
    }
  })

  it('have strong places apart from each other', () => {
    const strongest = new Strongest(2, 2, 10)
    for (const [place, value] of [
      [1, 5],
      [4, 7],
      [9, 6],
      [20, 1],
      [40, 3],
    ] as const) {
      strongest.add(1, place, value)
    }
    expect(strongest.places(1)).toEqual([4, 40])
    expect(strongest.places(0)).toEqual([])
  })
})

describe('directions', () => {
  it('have neighbours by cosine and effects on logits, about their mean', async () => {
    const { model, sae } = models()
    const before = memory().numTensors
    const found = await featureDirections(model, sae, 'blocks.0')
    expect(memory().numTensors).toBe(before)
    const decoder = (await sae.decoder.value.array()) as number[][]
    const words = (await model.transformer.embedding.weight.value.array()) as number[][]
    const dot = (a: number[], b: number[]): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
    const mean = (a: number[]): number => a.reduce((sum, value) => sum + value, 0) / a.length
    for (const [feature, { near, up, down }] of found.entries()) {
      const own = decoder[feature] as number[]
      const cosines = decoder.map(
        (other) => dot(own, other) / Math.sqrt(dot(own, own) * dot(other, other)),
      )
      expect(near).toHaveLength(8)
      expect(near.map(([other]) => other)).not.toContain(feature)
      for (const [other, cosine] of near) expect(cosine).toBeCloseTo(cosines[other] as number, 3)
      const sorted = cosines.filter((_, i) => i !== feature).sort((a, b) => b - a)
      expect(near[0]?.[1]).toBeCloseTo(sorted[0] as number, 3)
      const centred = own.map((value) => value - mean(own))
      const logits = words.map((word) => dot(word, centred))
      const effects = logits.map((value) => value - mean(logits))
      expect(up[0]?.[1]).toBeCloseTo(Math.max(...effects), 3)
      expect(down[0]?.[1]).toBeCloseTo(Math.min(...effects), 3)
      for (const [token, effect] of [...up, ...down]) {
        expect(effect).toBeCloseTo(effects[token] as number, 3)
      }
    }
  })

  it('are ranked as sorting ranks them', () => {
    const values = Array.from(new Rng(2).normalValues(200))
    const sorted = [...values].sort((a, b) => b - a).slice(0, 5)
    expect(largest(values, 5).map(([place]) => values[place])).toEqual(sorted)
    expect(largest([1], 5)).toEqual([[0, 1]])
  })
})
