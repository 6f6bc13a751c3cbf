import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, Rng, registerGradients, slots } from '@winnow/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, reader, tabulate, valuesOf } from '../testing/values.ts'
import { FiniteScalarQuantizer } from './finite-scalar-quantizer.ts'

beforeAll(() => registerGradients())

/** The paper's bound, one number at a time. */
function bound(x: number, levels: number): number {
  const half = ((levels - 1) * 0.999) / 2
  const offset = levels % 2 === 0 ? 0.5 : 0
  return half * Math.tanh(x + Math.tan(offset / half)) - offset
}

describe('each number becomes one of its levels', () => {
  test.each([
    [2, [-1, 0]],
    [3, [-1, 0, 1]],
    [4, [-1, -0.5, 0, 0.5]],
    [5, [-1, -0.5, 0, 0.5, 1]],
    [8, [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75]],
  ])('%i levels: exactly %j, from one end to the other', (count, expected) => {
    const quantizer = new FiniteScalarQuantizer({ levels: [count] })
    const x = tf.linspace(-8, 8, 4001)
    const { quantized, usage } = quantizer.forward(tf.reshape(x, [4001, 1]))
    expect([...new Set(valuesOf(quantized))]).toEqual(expected)
    expect(valuesOf(usage)).toEqual([1])
    // Far outside as well: saturated, not beyond.
    const far = quantizer.forward(tf.tensor([-1e30, 1e30], [2, 1])).quantized
    expect(valuesOf(far)).toEqual([expected[0], expected.at(-1)])
    // Zero stays.
    expect(valuesOf(quantizer.forward(tf.zeros([1, 1])).quantized)).toEqual([0])
  })

  test('as the bound written out rounds it', () => {
    const levels = [8, 5, 4]
    const x = normal([3, 40, 3])
    const at = reader(x)
    const rounded = (...index: number[]): number =>
      Math.round(bound(at(...index), levels[index[2] as number] as number))
    const { quantized, indices, loss } = new FiniteScalarQuantizer({ levels }).forward(x)
    const widths = [4, 2, 2]
    expectClose(
      quantized,
      tabulate(
        [3, 40, 3],
        (...index) => rounded(...index) / (widths[index[2] as number] as number),
      ),
      0,
    )
    expectClose(
      tf.cast(indices, 'float32'),
      tabulate(
        [3, 40],
        (i, j) => rounded(i, j, 0) + 4 + 8 * (rounded(i, j, 1) + 2) + 40 * (rounded(i, j, 2) + 2),
      ),
      0,
    )
    expect(indices.dtype).toBe('int32')
    expect(valuesOf(loss)).toEqual([0])
  })
})

test.each([[[3, 4]], [[8, 6, 5]], [[2, 2, 2, 7]]])(
  'the codes of %j: as many as their product, and each goes round',
  (levels) => {
    const quantizer = new FiniteScalarQuantizer({ levels })
    const count = levels.reduce((a, b) => a * b)
    expect(quantizer.entries).toBe(count)
    const all = tf.range(0, count, 1, 'int32')
    const codes = quantizer.decode(all)
    const rows = tf.unstack(codes).map((row) => valuesOf(row).join())
    expect(new Set(rows).size).toBe(count)
    // Inputs that the bound takes to each code: its inverse.
    const inputs = tabulate([count, levels.length], (n, i) => {
      const L = levels[i] as number
      const half = ((L - 1) * 0.999) / 2
      const offset = L % 2 === 0 ? 0.5 : 0
      const target = (reader(codes)(n, i) * Math.floor(L / 2) + offset) / half
      const inside = Math.max(-0.9999, Math.min(0.9999, target))
      return Math.atanh(inside) - Math.tan(offset / half)
    })
    const { indices, quantized, perplexity } = quantizer.forward(inputs)
    expect(valuesOf(indices)).toEqual(valuesOf(all))
    expect(valuesOf(quantized)).toEqual(valuesOf(codes))
    expect(Math.abs((valuesOf(perplexity)[0] as number) / count - 1)).toBeLessThan(1e-5)
  },
)

test('decoding gives the quantised values to the last bit, for any leading axes', () => {
  const quantizer = new FiniteScalarQuantizer({ levels: [7, 8, 3] })
  const { indices, quantized } = quantizer.forward(normal([2, 3, 5, 3]))
  expect(indices.shape).toEqual([2, 3, 5])
  expect(quantizer.decode(indices).shape).toEqual([2, 3, 5, 3])
  expect(valuesOf(quantizer.decode(indices))).toEqual(valuesOf(quantized))
})

test('rounding is straight-through: the gradient is that of the bound', () => {
  const levels = [8, 5]
  const x = normal([6, 2])
  const quantizer = new FiniteScalarQuantizer({ levels })
  const weights = normal([6, 2], 2)
  const [toInput] = gradient(() => tf.sum(tf.mul(quantizer.forward(x).quantized, weights)), [x])
  const [at, weight] = [reader(x), reader(weights)]
  const expected = tabulate([6, 2], (n, i) => {
    const L = levels[i] as number
    const slope = (bound(at(n, i) + 1e-4, L) - bound(at(n, i) - 1e-4, L)) / 2e-4
    return (weight(n, i) * slope) / Math.floor(L / 2)
  })
  expectClose(toInput as tf.Tensor, expected, 1e-5)
})

test('one code has a perplexity of 1, and nothing is remembered', () => {
  const quantizer = new FiniteScalarQuantizer({ levels: [5, 5] })
  expect(slots(quantizer).size).toBe(0)
  const { context, updates } = testContext(true)
  const { perplexity, usage } = quantizer.forward(tf.zeros([9, 2]), context)
  expect(valuesOf(perplexity)).toEqual([1])
  expectClose(usage, tf.scalar(1 / 25), 1e-6)
  expect(updates.size).toBe(0)
  expect(context.rng.state).toEqual(new Rng(1).state)
})

test('bad input', () => {
  const make = (config: object) => () => new FiniteScalarQuantizer(config as { levels: number[] })
  expect(make({ levels: [8, 1] })).toThrow(
    'FiniteScalarQuantizer: levels: [8,1] came, expected a list of whole numbers >= 2',
  )
  expect(make({ levels: [] })).toThrow('levels: [] came')
  expect(make({ levels: [2.5] })).toThrow('levels: [2.5] came')
  expect(make({})).toThrow('levels: undefined came')
  expect(make({ levels: [4096, 4097] })).toThrow('expected at most 2^24')
  expect(make({ level: [4], levels: [4] })).toThrow("option: 'level' is not known")
  const quantizer = new FiniteScalarQuantizer({ levels: [4, 4] })
  expect(() => quantizer.forward(tf.zeros([3, 3]))).toThrow(
    '[3,3] came, expected float32 [batch, ..., 2]',
  )
  expect(() => quantizer.decode(tf.zeros([3]))).toThrow('indices: a float32 tensor')
})
