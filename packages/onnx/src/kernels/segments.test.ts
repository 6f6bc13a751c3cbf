import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { activate } from '../activate.ts'
import { floats, integers, traced } from '../testing/compare.ts'

/** Sums in double precision. */
function reference(
  values: ArrayLike<number>,
  ids: ArrayLike<number>,
  width: number,
  count: number,
): Float64Array {
  const sums = new Float64Array(count * width)
  for (let row = 0; row < ids.length; row++) {
    for (let column = 0; column < width; column++) {
      const at = (ids[row] as number) * width + column
      sums[at] = (sums[at] as number) + (values[row * width + column] as number)
    }
  }
  return sums
}

// Lost updates show only on large inputs with repeated indices, and not in every run.
describe('sums of heavily repeated rows, 50 times over', () => {
  for (const [rows, width, count] of [
    [20_000, 16, 10],
    [20_000, 16, 1000],
    [3000, 1, 4],
    [5000, 64, 50],
  ] as const) {
    it(`${rows} rows of ${width} into ${count}`, async () => {
      await activate({ threads: 2 })
      const x = floats([rows, width])
      const ids = integers([rows], 0, count)
      const expected = reference(x.values, ids.values, width, count)
      const values = tf.tensor(x.values, [rows, width])
      const segments = tf.tensor(ids.values, [rows], 'int32') as tf.Tensor1D
      let first: Float32Array | undefined
      for (let run = 0; run < 50; run++) {
        const sums = tf.unsortedSegmentSum(values, segments, count)
        const got = (await sums.data()) as Float32Array
        first ??= got.slice()
        expect(Buffer.compare(Buffer.from(got.buffer), Buffer.from(first.buffer))).toBe(0)
        sums.dispose()
      }
      const worst = (first as Float32Array).reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (expected[at] as number))),
        0,
      )
      expect(worst).toBeLessThan(2e-3)
      const scattered = await traced(
        (v, i) => tf.scatterND(tf.expandDims(i as tf.Tensor, 1), v as tf.Tensor, [count, width]),
        [x, ids],
      )
      const off = (scattered[0] as { values: Float32Array }).values.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (expected[at] as number))),
        0,
      )
      expect(off).toBeLessThan(2e-3)
      tf.dispose([values, segments])
    })
  }
})
