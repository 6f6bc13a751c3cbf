import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { slots } from '../module.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { hiddenMatrices, muon, newtonSchulz, orthogonalize, scaleByMuon } from './muon.ts'
import { applyUpdates } from './optimizer.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** Eigenvalues of a symmetric matrix by Jacobi rotations, in float64. */
function eigenvalues(symmetric: number[][]): number[] {
  const a = symmetric.map((row) => [...row])
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < a.length; p++) {
      for (let q = p + 1; q < a.length; q++) {
        if (Math.abs(a[p]![q]!) < 1e-15) continue
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!)
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
        const c = 1 / Math.hypot(t, 1)
        const s = t * c
        for (const row of a)
          [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!]
        const [up, uq] = [a[p]!, a[q]!]
        a[p] = up.map((value, i) => c * value - s * uq[i]!)
        a[q] = up.map((value, i) => s * value + c * uq[i]!)
      }
    }
  }
  return a.map((row, i) => row[i]!)
}

/** Singular values of `[rows][columns]`. */
function singularValues(matrix: number[][]): number[] {
  const wide = matrix.length <= matrix[0]!.length
  const rows = wide ? matrix : matrix[0]!.map((_, j) => matrix.map((row) => row[j]!))
  const gram = rows.map((a) => rows.map((b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)))
  return eigenvalues(gram).map((value) => Math.sqrt(Math.max(0, value)))
}

/** The method in float64 on nested arrays, from the paper's formula. */
function newtonSchulzReference(matrix: number[][]): number[][] {
  const times = (a: number[][], b: number[][]): number[][] =>
    a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)))
  const flip = (a: number[][]): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!))
  const length = Math.hypot(...matrix.flat())
  let x = matrix.map((row) => row.map((value) => value / (length + 1e-7)))
  for (let step = 0; step < 5; step++) {
    const a = times(x, flip(x))
    const aa = times(a, a)
    const polynomial = a.map((row, i) =>
      row.map((value, j) => -4.775 * value + 2.0315 * aa[i]![j]!),
    )
    const px = times(polynomial, x)
    x = x.map((row, i) => row.map((value, j) => 3.4445 * value + px[i]![j]!))
  }
  return x
}

const rows = (values: Float32Array, columns: number): number[][] =>
  Array.from({ length: values.length / columns }, (_, i) =>
    Array.from(values.subarray(i * columns, (i + 1) * columns)),
  )

describe('newtonSchulz', () => {
  it.each([
    [8, 8],
    [5, 12],
    [12, 5],
  ])('brings the singular values of a %d by %d matrix near 1, as in float64', (height, width) => {
    const values = new Rng(height).normalValues(height * width, 0, 100)
    const result = tf.tidy(() =>
      newtonSchulz(tf.tensor2d(values, [height, width])).arraySync(),
    ) as number[][]
    for (const value of singularValues(result)) {
      expect(value).toBeGreaterThan(0.6)
      expect(value).toBeLessThan(1.3)
    }
    const expected = newtonSchulzReference(rows(values, width)).flat()
    const worst = Math.max(...result.flat().map((value, i) => Math.abs(value - expected[i]!)))
    expect(worst).toBeLessThan(1e-4)
  })

  it('keeps a zero matrix zero', () => {
    expect(tf.tidy(() => Array.from(newtonSchulz(tf.zeros([3, 2])).dataSync()))).toEqual(
      Array(6).fill(0),
    )
  })
})

describe('muon', () => {
  const context = { parameters: new Map(), scalars: {} }

  it('scales a convolution by the sides of its matrix', () => {
    const gradient = new Rng(1).normalValues(3 * 3 * 2 * 40)
    const parameters = new Map([['conv', new Parameter(tf.zeros([3, 3, 2, 40]))]])
    const largest = (scale: 'adam' | 'spectral'): number =>
      tf.tidy(() => {
        const transformation = orthogonalize({ scale })
        const given = new Map([['conv', tf.tensor(gradient, [3, 3, 2, 40])]])
        const update = transformation
          .update(given, transformation.create(parameters), context)
          .get('conv')!
        expect(update.shape).toEqual([3, 3, 2, 40])
        const values = update.dataSync<'float32'>()
        return Math.hypot(...singularValues(rows(values, 40))) / Math.sqrt(18)
      })
    const plain = largest('spectral') / Math.sqrt(40 / 18)
    expect(plain).toBeGreaterThan(0.7)
    expect(plain).toBeLessThan(1.2)
    expect(largest('adam') / plain).toBeCloseTo(0.2 * Math.sqrt(40), 5)
    parameters.get('conv')?.dispose()
  })

  it('sends embeddings, heads and vectors to AdamW, and says so in its memory', () => {
    const shapes = {
      'block.weight': [4, 4],
      'block.bias': [4],
      'tokenEmbedding.table': [9, 4],
      'head.weight': [4, 9],
    }
    const parameters = new Map(
      Object.entries(shapes).map(([path, shape]) => [path, new Parameter(tf.ones(shape))]),
    )
    const memory = muon({ learningRate: 0.1 }).create(parameters)
    expect([...slots(memory).keys()].filter((path) => !path.includes('.second.'))).toEqual([
      'groups.muon.momentum.velocity.block.weight',
      'groups.adam.first.block.bias',
      'groups.adam.first.tokenEmbedding.table',
      'groups.adam.first.head.weight',
    ])
    expect([...parameters].filter(([path, slot]) => hiddenMatrices(path, slot)).length).toBe(1)
    memory.dispose()
    for (const parameter of parameters.values()) parameter.dispose()
  })

  it('steps by momentum with look ahead, orthogonalised, and decays the weights', () => {
    const parameter = new Parameter(tf.ones([4, 6]))
    const named = new Map([['weight', parameter]])
    const optimizer = muon({ learningRate: 0.5, weightDecay: 0.2, momentum: 0.6 })
    const memory = optimizer.create(named)
    const rng = new Rng(5)
    let expected = Array<number>(24).fill(1)
    const velocity = Array<number>(24).fill(0)
    const before = tf.memory().numTensors
    for (let step = 0; step < 5; step++) {
      const gradient = rng.normalValues(24)
      gradient.forEach((g, i) => {
        velocity[i] = 0.6 * velocity[i]! + g
      })
      const ahead = Float32Array.from(gradient, (g, i) => g + 0.6 * velocity[i]!)
      const direction = newtonSchulzReference(rows(ahead, 6)).flat()
      expected = expected.map(
        (p, i) => p * (1 - 0.5 * 0.2) - 0.5 * 0.2 * Math.sqrt(6) * direction[i]!,
      )
      tf.tidy(() => {
        const scalars = Object.fromEntries(
          Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)]),
        )
        const given = new Map([['weight', tf.tensor(gradient, [4, 6])]])
        const parameters = new Map([['weight', parameter.value]])
        applyUpdates(named, optimizer.update(given, memory, { parameters, scalars }))
      })
    }
    expect(tf.memory().numTensors).toBe(before)
    const worst = Math.max(
      ...Array.from(parameter.value.dataSync(), (v, i) => Math.abs(v - expected[i]!)),
    )
    expect(worst).toBeLessThan(1e-4)
    memory.dispose()
    parameter.dispose()
  })

  it('refuses vectors and bad options', () => {
    const parameter = new Parameter(tf.zeros([3]))
    const vector = new Map([['bias', parameter]])
    expect(() => scaleByMuon().create(vector)).toThrow("'bias' has shape [3]")
    expect(() => orthogonalize({ steps: 0 })).toThrow('steps: 0 came')
    expect(() => orthogonalize({ scale: 'other' as never })).toThrow(
      "expected 'adam' or 'spectral'",
    )
    expect(() => muon({ learningRate: 1, nestrov: true } as never)).toThrow(
      "Did you mean 'nesterov'",
    )
    parameter.dispose()
  })
})
