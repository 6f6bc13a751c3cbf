import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { distillationLoss, marginLoss } from './distillation.ts'
import { infoNce } from './info-nce.ts'
import { keepLargest, normalised, type Representation, score } from './representation.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const number = (x: tf.Tensor): number => x.dataSync()[0] as number
const scores = tf.tensor2d([
  [2, 0, 1, -1],
  [0, 1, 3, 0],
])

describe('infoNce', () => {
  it('is the cross-entropy of each query with its own passage, by hand', () => {
    const share = (row: number[], own: number): number =>
      Math.exp(row[own] as number) / row.reduce((sum, x) => sum + Math.exp(x), 0)
    const expected = -(Math.log(share([2, 0, 1, -1], 0)) + Math.log(share([0, 1, 3, 0], 2))) / 2
    expect(number(infoNce(scores).loss)).toBeCloseTo(expected, 5)
    expect(number(infoNce(scores).accuracy)).toBe(1)
    // A temperature divides.
    expect(number(infoNce(scores, { temperature: 0.5 }).loss)).toBeCloseTo(
      number(infoNce(tf.mul(scores, 2)).loss),
      5,
    )
  })

  it("does not count another query's passage as wrong where it is the same document", () => {
    const documents = tf.tensor2d(
      [
        [7, 1],
        [7, 7],
      ],
      undefined,
      'int32',
    )
    // Columns 2 and 3 do not count for row 0, columns 0 and 3 not for row 1; other negatives do.
    const rest = (row: number[]): number => {
      const [own, ...others] = row as [number, ...number[]]
      return -Math.log(Math.exp(own) / [own, ...others].reduce((sum, x) => sum + Math.exp(x), 0))
    }
    const expected = (rest([2, 0]) + rest([3, 1])) / 2
    expect(number(infoNce(scores, { documents }).loss)).toBeCloseTo(expected, 5)
    const different = tf.tensor2d(
      [
        [7, 1],
        [8, 2],
      ],
      undefined,
      'int32',
    )
    expect(number(infoNce(scores, { documents: different }).loss)).toBeCloseTo(
      number(infoNce(scores).loss),
      6,
    )
  })

  it('has the gradient of its definition, and refuses what does not fit', () => {
    checkGradient((x) => infoNce(x, { temperature: 0.7 }).loss, [scores])
    expect(() => infoNce(tf.ones([2, 3]))).toThrow('a multiple of the queries')
    expect(() => infoNce(scores, { temperature: 0 })).toThrow('temperature: 0 came')
  })
})

describe('distillation', () => {
  const teacher = tf.tensor2d([
    [1, 2, 0, 0],
    [3, 3, 3, 3],
  ])

  it('is the divergence from the teacher, zero where both say the same', () => {
    expect(number(distillationLoss(tf.add(teacher, 5), teacher))).toBeCloseTo(0, 6)
    const p = tf.softmax(teacher).arraySync() as number[][]
    const q = tf.softmax(scores).arraySync() as number[][]
    const kl = p
      .flatMap((row, i) => row.map((x, j) => x * Math.log(x / (q[i]?.[j] as number))))
      .reduce((a, b) => a + b)
    expect(number(distillationLoss(scores, teacher))).toBeCloseTo(kl / 2, 5)
    checkGradient((x) => distillationLoss(x, teacher), [scores])
  })

  it('of margins: only differences count', () => {
    expect(number(marginLoss(tf.add(teacher, 4), teacher))).toBeCloseTo(0, 6)
    // Margins of the scores: 2, 1, 3 and -1, -3, 0; of the teacher: -1, 1, 1 and 0, 0, 0.
    expect(number(marginLoss(scores, teacher))).toBeCloseTo((9 + 0 + 4 + 1 + 9 + 0) / 6, 5)
    expect(() => marginLoss(tf.ones([2, 1]), tf.ones([2, 1]))).toThrow('one candidate alone')
    expect(() => distillationLoss(scores, tf.ones([2, 2]))).toThrow(
      'expected [queries, candidates]',
    )
  })
})

describe('representations', () => {
  const rng = new Rng(3)
  const dense = rng.normal([3, 4])
  const lexical = rng.normal([3, 6])

  it('are compared part by part', () => {
    const product = (x: tf.Tensor): number[][] =>
      tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true).arraySync() as number[][]
    const of = (a: Representation): number[][] => score(a, a).arraySync() as number[][]
    expect(of({ dense })).toEqual(product(dense))
    expect(of({ lexical })).toEqual(product(lexical))
    const both = of({ dense, lexical }).flat()
    expect(both).toBeAllClose(product(tf.concat([dense, lexical], 1)).flat(), { absolute: 1e-5 })
    expect(() => score({ dense }, { lexical })).toThrow('one side alone has a dense part')
    expect(() => score({}, {})).toThrow('nothing came')
    const cosines = of(normalised({ dense }))
    expect(cosines.map((row, i) => row[i])).toBeAllClose([1, 1, 1], { absolute: 1e-5 })
  })

  it('keep their largest entries, and gradients go to those', () => {
    const x = tf.tensor2d([
      [0.5, -1, 3, 2],
      [-4, -3, -2, -1],
    ])
    const kept = [0, 0, 3, 2, 0, 0, -2, -1]
    expect(keepLargest(x, 2).dataSync()).toBeAllClose(kept, { absolute: 0 })
    expect(keepLargest(x, 9)).toBe(x)
    checkGradient((y) => keepLargest(y, 2), [x])
  })
})
