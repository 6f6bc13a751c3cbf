import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { inputs, make } from '../testing/model.ts'
import { ablationSparsity, measureAblations } from './ablation-sparsity.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

describe('ablation sparsity', () => {
  it('is the share of logits that are moved alike', () => {
    const moved = (count: number): number[] =>
      Array.from({ length: 20 }, (_, i) => (i < count ? -3 : 0))
    expect(ablationSparsity(moved(1), 10)).toBeCloseTo(1 / 20, 9)
    expect(ablationSparsity(moved(4), 10)).toBeCloseTo(4 / 20, 9)
    // Half up and half down: all of them.
    expect(ablationSparsity([1, -1, 1, -1], 4)).toBeCloseTo(1, 9)
  })

  it('does not see what moves all logits of a token, nor the size', () => {
    const changes = [5, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    const shifted = changes.map((value, i) => 7 * value + (i < 5 ? 100 : -3))
    const sparsity = ablationSparsity(changes, 5)
    expect(sparsity).toBeCloseTo(36 / 26 / 10, 9)
    expect(ablationSparsity(shifted, 5)).toBeCloseTo(sparsity ?? 0, 6)
    expect(ablationSparsity([4, 4, 4], 3)).toBeUndefined()
    expect(() => ablationSparsity([1, 2, 3], 2)).toThrow('3 numbers came, expected rows of 2')
    expect(() => ablationSparsity([1, Number.NaN, 3], 3)).toThrow('expected finite numbers')
  })
})

describe('ablations', () => {
  it.each(['none', 'perExample'] as const)(
    'take each latent that is on away at one token, and measure what follows (normalise: %s)',
    async (normalise) => {
      const sae = make({ normalise })
      const x = new Rng(2).normal([6, inputs])
      // A network of which each token sees those before: running sums of its activations, bent.
      const causal = tf.tensor2d(
        Array.from({ length: 36 }, (_, i) => (i % 6 <= i / 6 ? 1 : 0)),
        [6, 6],
      )
      const run = (edit: (x: tf.Tensor) => tf.Tensor): tf.Tensor =>
        tf.tidy(() => tf.square(tf.matMul(causal, edit(tf.clone(x)))))
      const before = tf.memory().numTensors
      const found = await measureAblations(sae, { run, token: 2, tokens: 3 })
      expect(tf.memory().numTensors).toBe(before)
      const { latents, scale } = sae.encode(tf.slice(x, [2, 0], [1, inputs]))
      const code = latents.dataSync()
      expect(found.map(({ latent }) => latent)).toEqual(
        [...code.keys()].filter((latent) => code[latent] !== 0),
      )
      expect(found).toHaveLength(5)
      for (const { latent, value, sparsity } of found) {
        expect(value).toBe(code[latent])
        // What decoding has less of without the latent.
        const rest = tf.tensor2d(
          code.map((one, i) => (i === latent ? 0 : one)),
          latents.shape as [number, number],
        )
        const part = tf.sub(sae.decode(latents, scale), sae.decode(rest, scale))
        const ablated = run((all) =>
          tf.sub(
            all,
            tf.pad(part, [
              [2, 3],
              [0, 0],
            ]),
          ),
        )
        const changes = tf.slice(
          tf.sub(
            ablated,
            run((all) => all),
          ),
          [2, 0],
          [3, inputs],
        )
        expect(sparsity).toBeCloseTo(ablationSparsity(changes.dataSync(), inputs) ?? 0, 4)
      }
      await expect(measureAblations(sae, { run, token: 6 })).rejects.toThrow('a place from 0 to 5')
    },
  )
})
