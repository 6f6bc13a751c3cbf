import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { booleans, compare, exactly, floats, integers } from '../testing/compare.ts'

type Reduce = (x: Tensor, axis?: number | number[], keep?: boolean) => Tensor
const axes: (number | number[] | undefined)[] = [undefined, 0, -1, [0, 2], [1], [-2, -1]]

describe('reductions', () => {
  const all: Record<string, Reduce> = {
    sum: tf.sum,
    mean: tf.mean,
    max: tf.max,
    min: tf.min,
    prod: tf.prod,
  }
  for (const [name, op] of Object.entries(all)) {
    it(name, async () => {
      for (const axis of axes) {
        for (const keep of [false, true]) {
          await compare(`${name} ${axis} ${keep}`, (x) => op(x as Tensor, axis, keep), [
            floats([3, 4, 2]),
          ])
          await compare(`${name} int32 ${axis}`, (x) => op(x as Tensor, axis, keep), [
            integers([3, 1, 2]),
          ])
        }
      }
      if (name !== 'mean' && name !== 'max' && name !== 'min')
        await compare(`${name}, empty`, (x) => op(x as Tensor, 0), [floats([0, 3])])
      await compare(`${name}, scalar`, (x) => op(x as Tensor), [floats([])])
      expect(tf.memory().numTensors).toBe(0)
    })
  }
  it('sum of booleans counts', () => compare('sum', (x) => tf.sum(x as Tensor), [booleans([9])]))
  it('all, any', async () => {
    for (const axis of axes) {
      await compare('all', (x) => tf.all(x as Tensor, axis), [booleans([3, 4, 2])])
      await compare('any', (x) => tf.any(x as Tensor, axis), [booleans([3, 4, 2])])
    }
  })
  it('argMax, argMin take the first', async () => {
    for (const axis of [0, 1, -1]) {
      await compare('argMax', (x) => tf.argMax(x as Tensor, axis), [integers([4, 5], 0, 3)])
      await compare('argMin', (x) => tf.argMin(x as Tensor, axis), [integers([4, 5], 0, 3)])
      await compare('argMax', (x) => tf.argMax(x as Tensor, axis), [floats([4, 5])])
    }
  })
  it('cumsum, cumprod', async () => {
    // tfjs cpu gives a wrong shape for a negative axis.
    for (const axis of [0, 1])
      for (const exclusive of [false, true])
        for (const reverse of [false, true]) {
          const at = `${axis} ${exclusive} ${reverse}`
          await compare(`cumsum ${at}`, (x) => tf.cumsum(x as Tensor, axis, exclusive, reverse), [
            floats([3, 7]),
          ])
          await compare(`cumprod ${at}`, (x) => tf.cumprod(x as Tensor, axis, exclusive, reverse), [
            floats([3, 7]),
          ])
          await compare(
            `cumsum int32 ${at}`,
            (x) => tf.cumsum(x as Tensor, axis, exclusive, reverse),
            [integers([3, 7])],
          )
        }
  })
  it('softmax, logSoftmax', async () => {
    await compare('softmax', (x) => tf.softmax(x as Tensor), [floats([3, 2, 5], -20, 20)])
    await compare('logSoftmax', (x) => tf.logSoftmax(x as Tensor), [floats([3, 5], -20, 20)])
    await compare('logSumExp', (x) => tf.logSumExp(x as Tensor, 1), [floats([3, 5], -20, 20)])
  })
  it('bincount', async () => {
    const none = exactly([0], [])
    await compare('bincount', (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 6), [
      integers([40], 0, 8),
      none,
    ])
    await compare('bincount', (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 6), [
      integers([40], 0, 8),
      floats([40]),
    ])
    await compare('dense', (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 6), [
      integers([4, 10], 0, 9),
      none,
    ])
    await compare('dense', (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 6), [
      integers([4, 10], 0, 6),
      floats([4, 10]),
    ])
    await compare(
      'binary',
      (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 6, true),
      [integers([4, 10], 0, 6), none],
    )
  })
})

describe('products', () => {
  const product = (ta: boolean, tb: boolean) => (a: Tensor, b: Tensor) => tf.matMul(a, b, ta, tb)
  it('all flags, with and without batch', async () => {
    for (const ta of [false, true])
      for (const tb of [false, true]) {
        const a = ta ? [4, 3] : [3, 4]
        const b = tb ? [5, 4] : [4, 5]
        const op = product(ta, tb) as never
        await compare(`2D ${ta} ${tb}`, op, [floats(a), floats(b)])
        await compare(`3D ${ta} ${tb}`, op, [floats([2, ...a]), floats([2, ...b])])
        await compare(`4D ${ta} ${tb}`, op, [floats([2, 3, ...a]), floats([2, 3, ...b])])
        await compare(`one b ${ta} ${tb}`, op, [floats([2, ...a]), floats([1, ...b])])
        await compare(`one a ${ta} ${tb}`, op, [floats([1, ...a]), floats([2, ...b])])
        // tfjs cpu computes only some of the products where both sides are broadcast.
        const explicit = ((x: Tensor, y: Tensor) =>
          tf.matMul(tf.tile(x, [1, 3, 1, 1]), tf.tile(y, [2, 1, 1, 1]), ta, tb)) as never
        await compare(
          `broadcast ${ta} ${tb}`,
          op,
          [floats([2, 1, ...a]), floats([1, 3, ...b])],
          1e-5,
          explicit,
        )
        await compare(
          `transposed operands ${ta} ${tb}`,
          ((x: Tensor, y: Tensor) =>
            tf.matMul(tf.transpose(x, [0, 2, 1]), tf.transpose(y, [0, 2, 1]), !ta, !tb)) as never,
          [floats([2, ...a]), floats([2, ...b])],
        )
      }
  })
  it('no elements', async () => {
    await compare('inner', product(false, false) as never, [floats([3, 0]), floats([0, 5])])
    await compare('outer', product(false, false) as never, [floats([0, 4]), floats([4, 5])])
  })
  it('fused', async () => {
    for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const) {
      await compare(
        activation,
        (a, b, bias) =>
          tf.fused.matMul({
            a: a as Tensor,
            b: b as Tensor,
            bias: bias as Tensor,
            activation,
            transposeB: true,
          }),
        [floats([3, 4]), floats([5, 4]), floats([5])],
      )
    }
  })
  it('dot, einsum, norm', async () => {
    await compare('dot', tf.dot as never, [floats([4]), floats([4, 3])])
    await compare('einsum', (a, b) => tf.einsum('bij,bjk->bik', a as Tensor, b as Tensor), [
      floats([2, 3, 4]),
      floats([2, 4, 5]),
    ])
    await compare('einsum', (a, b) => tf.einsum('ij,kj->ki', a as Tensor, b as Tensor), [
      floats([3, 4]),
      floats([5, 4]),
    ])
    await compare('norm', (a) => tf.norm(a as Tensor, 'euclidean', 1), [floats([3, 4])])
  })
})
