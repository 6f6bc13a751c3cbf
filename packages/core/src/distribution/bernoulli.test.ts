import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import { bernoulli } from './bernoulli.ts'
import { binarise } from './binarise.ts'
import { gradientError } from './gradient-error.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

describe('bernoulli()', () => {
  it('is the log-probability in nats, summed over pixels, one number for each example', async () => {
    const logits = [0.3, -2, 1, 4]
    const x = [1, 0, 0, 1]
    const probability = (i: number) => {
      const p = 1 / (1 + Math.exp(-(logits[i] as number)))
      return x[i] === 1 ? p : 1 - p
    }
    const actual = await bernoulli()
      .logProbability(tf.tensor3d(x, [2, 2, 1]), tf.tensor3d(logits, [2, 2, 1]))
      .data()
    expect(actual).toHaveLength(2)
    expect(actual[0]).toBeCloseTo(Math.log(probability(0) * probability(1)), 5)
    expect(actual[1]).toBeCloseTo(Math.log(probability(2) * probability(3)), 5)
  })

  it('sums to one over all binary pictures', async () => {
    const pictures = tf.tensor2d(
      [0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1],
      [8, 3],
    )
    const logits = tf.tile(tf.tensor2d([0.4, -1.7, 2.2], [1, 3]), [8, 1])
    const total = tf.sum(tf.exp(bernoulli().logProbability(pictures, logits)))
    expect((await total.data())[0]).toBeCloseTo(1, 5)
  })

  it('is exact at logits of 100 and -100', async () => {
    const logits = tf.tensor2d([100, 100, -100, -100], [4, 1])
    const x = tf.tensor2d([1, 0, 0, 1], [4, 1])
    const values = await bernoulli().logProbability(x, logits).data()
    for (const [i, value] of [0, -100, 0, -100].entries()) expect(values[i]).toBeCloseTo(value, 9)
  })

  it('has the gradient x - sigmoid(logit), at a logit of 0 and at the extremes too', async () => {
    const logits = tf.tensor2d([0, 0, 100, -100, 0.5], [5, 1])
    const x = tf.tensor2d([1, 0, 0, 1, 0.25], [5, 1])
    const slope = await tf
      .grad((l: tf.Tensor) => bernoulli().logProbability(x, l))(logits)
      .data()
    const expected = [0.5, -0.5, -1, 1, 0.25 - 1 / (1 + Math.exp(-0.5))]
    for (const [i, value] of expected.entries()) expect(slope[i]).toBeCloseTo(value, 5)
    const inner = (l: tf.Tensor) => bernoulli().logProbability(x, l)
    expect(await gradientError(inner, tf.tensor2d([0, 1, -2, 3, 0.5], [5, 1]))).toBeLessThan(1e-3)
  })

  it('draws ones as often as the logits say, and means the probability', async () => {
    const logits = tf.tile(tf.tensor2d([0, 2, -2, 100], [1, 4]), [20_000, 1])
    const frequency = await tf.mean(bernoulli().sample(logits, new Rng(4)), 0).data()
    const probability = await tf.mean(bernoulli().mean(logits), 0).data()
    for (let i = 0; i < 4; i++) {
      expect(Math.abs((frequency[i] as number) - (probability[i] as number))).toBeLessThan(0.012)
    }
    expect(frequency[3]).toBe(1)
  })

  it('states its range and reduction', () => {
    const { range, reduction, parameters } = bernoulli()
    expect({ range, reduction, parameters }).toEqual({
      range: [0, 1],
      reduction: 'sum over pixels, mean over batch',
      parameters: 1,
    })
  })

  it('refuses data outside [0, 1] and says what to do', () => {
    const { checkRange } = bernoulli()
    expect(() => checkRange(Float32Array.of(0, 255, 3), 'batch')).toThrow(
      'batch: values up to 255 came, bernoulli() expects [0, 1]; divide by 255',
    )
    expect(() => checkRange(Float32Array.of(-1, 1), 'batch')).toThrow(
      'batch: values down to -1 came, bernoulli() expects [0, 1]; add 1 and divide by 2',
    )
    expect(() => checkRange(Float32Array.of(0, 1000), 'images')).toThrow(
      /^images: values up to 1000 came, bernoulli\(\) expects \[0, 1\]$/,
    )
    expect(() => checkRange(Float32Array.of(0, Number.NaN), 'batch')).toThrow(
      'batch: NaN came at index 1, bernoulli() expects [0, 1]',
    )
    expect(() => checkRange(Float32Array.of(0, 0.5, 1), 'batch')).not.toThrow()
  })

  it('refuses logits of another shape than the data', () => {
    expect(() => bernoulli().logProbability(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow(
      'bernoulli: outputs of shape [2,4] came, expected [2,3] for data of shape [2,3]',
    )
  })
})

describe('binarise', () => {
  it('draws ones with the grey value as probability, anew at every call', async () => {
    const grey = tf.tile(tf.tensor2d([0, 0.25, 0.8, 1], [1, 4]), [20_000, 1])
    const rng = new Rng(6)
    const frequency = await tf.mean(binarise(grey, { rng }), 0).data()
    expect(frequency[0]).toBe(0)
    expect(Math.abs((frequency[1] as number) - 0.25)).toBeLessThan(0.012)
    expect(Math.abs((frequency[2] as number) - 0.8)).toBeLessThan(0.012)
    expect(frequency[3]).toBe(1)
    expect(await binarise(grey, { rng }).data()).not.toEqual(await binarise(grey, { rng }).data())
  })

  it('is fixed by a threshold', async () => {
    const x = tf.tensor1d([0, 0.49, 0.5, 0.51, 1])
    expect(Array.from(await binarise(x, { threshold: 0.5 }).data())).toEqual([0, 0, 0, 1, 1])
  })
})
