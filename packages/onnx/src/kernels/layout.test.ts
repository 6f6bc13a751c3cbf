import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { Given } from '../testing/compare.ts'
import { booleans, compare, floats, integers } from '../testing/compare.ts'

const kinds: Record<string, (shape: number[]) => Given> = {
  float32: floats,
  int32: integers,
  bool: booleans,
}

describe('kernels that move values', () => {
  for (const [dtype, make] of Object.entries(kinds)) {
    it(`joins, cuts and turns ${dtype}`, async () => {
      const x = make([4, 3, 6])
      const ops: Record<string, (t: Tensor) => Tensor | Tensor[]> = {
        reshape: (t) => tf.reshape(t, [6, -1]),
        expandDims: (t) => tf.expandDims(t, -1),
        squeeze: (t) => tf.squeeze(tf.reshape(t, [1, 12, 1, 6])),
        transpose: (t) => tf.transpose(t, [2, 0, 1]),
        'transpose twice': (t) => tf.transpose(tf.transpose(t, [2, 0, 1]), [1, 2, 0]),
        'transpose, reshape': (t) => tf.reshape(tf.transpose(t), [-1]),
        concat: (t) => tf.concat([t, t, tf.slice(t, [0, 0, 0], [4, 3, 2])], -1),
        stack: (t) => tf.stack([t, t], 1),
        unstack: (t) => tf.unstack(t, 1),
        split: (t) => tf.split(t, [1, 3, 2], 2),
        'split, equal': (t) => tf.split(t, 2, 0),
        slice: (t) => tf.slice(t, [1, 0, 2], [2, -1, 3]),
        'slice, leading': (t) => tf.slice(t, [1], [2]),
        stridedSlice: (t) => tf.stridedSlice(t, [3, 0, 5], [0, 3, 0], [-1, 2, -2]),
        'stridedSlice, shrink': (t) =>
          tf.stridedSlice(t, [1, 0, 1], [2, 3, 6], [1, 1, 1], 0, 0, 0, 0, 1),
        tile: (t) => tf.tile(t, [1, 2, 3]),
        reverse: (t) => tf.reverse(t, [0, -1]),
        gather: (t) => tf.gather(t, tf.tensor1d([2, 0, 0, 1], 'int32'), 1),
        'gather, 2D': (t) =>
          tf.gather(
            t,
            tf.tensor2d(
              [
                [2, 0],
                [0, 1],
              ],
              [2, 2],
              'int32',
            ),
            -2,
          ),
        'gather, batch': (t) =>
          tf.gather(t, tf.tensor2d([0, 2, 1, 1, 2, 2, 0, 1], [4, 2], 'int32'), 1, 1),
        'gather, batch, later axis': (t) =>
          tf.gather(t, tf.tensor2d([0, 5, 1, 1, 2, 2, 0, 1], [4, 2], 'int32'), 2, 1),
        empty: (t) => tf.slice(t, [0, 0, 0], [0, 3, 6]),
        'concat with empty': (t) => tf.concat([tf.slice(t, [0, 0, 0], [0, 3, 6]), t], 0),
      }
      for (const [name, op] of Object.entries(ops))
        await compare(`${name} ${dtype}`, op as never, [x])
      expect(tf.memory().numTensors).toBe(0)
    })
  }
  it('pads', async () => {
    await compare(
      'pad',
      (x) =>
        tf.pad(
          x as Tensor,
          [
            [1, 2],
            [0, 3],
          ],
          0.5,
        ),
      [floats([2, 3])],
    )
    await compare(
      'pad',
      (x) =>
        tf.pad(
          x as Tensor,
          [
            [1, 2],
            [0, 3],
          ],
          7,
        ),
      [integers([2, 3])],
    )
    await compare(
      'pad, empty',
      (x) =>
        tf.pad(x as Tensor, [
          [1, 2],
          [0, 3],
        ]),
      [floats([0, 3])],
    )
    for (const mode of ['reflect', 'symmetric'] as const) {
      await compare(
        mode,
        (x) =>
          tf.mirrorPad(
            x as Tensor,
            [
              [1, 2],
              [2, 1],
            ],
            mode,
          ),
        [floats([4, 3])],
      )
    }
  })
  it('makes tensors', async () => {
    await compare('fill', (x) => tf.add(x as Tensor, tf.fill([3, 2], 4)), [floats([2])])
    await compare(
      'fill alone',
      () => [tf.fill([2, 100], 4), tf.fill([3], 2, 'int32'), tf.zeros([70]), tf.ones([2], 'bool')],
      [],
    )
    await compare(
      'range',
      () => [tf.range(0, 10, 3), tf.range(5, -5, -2, 'int32'), tf.linspace(0, 1, 5)],
      [],
    )
    await compare('eye', () => tf.eye(4), [])
    await compare('oneHot', (x) => tf.oneHot(x as Tensor, 4), [integers([5, 2], -1, 6)])
    await compare('oneHot', (x) => tf.oneHot(x as Tensor, 4, 2, -1), [integers([5], 0, 4)])
    await compare('diag', (x) => tf.diag(x as Tensor), [floats([4])])
    await compare(
      'topk',
      (x) => {
        const { values, indices } = tf.topk(x as Tensor, 3)
        return [values, indices]
      },
      [floats([4, 7])],
    )
    await compare(
      'topk, ties',
      (x) => {
        const { values, indices } = tf.topk(x as Tensor, 3)
        return [values, indices]
      },
      [integers([4, 9], 0, 3)],
    )
    await compare('broadcastTo', (x) => tf.broadcastTo(x as Tensor, [2, 3, 4]), [floats([3, 1])])
    await compare(
      'large constant',
      (x) => tf.add(x as Tensor, tf.tensor1d(Array.from({ length: 200 }, (_, i) => i))),
      [floats([200])],
    )
  })
  it('blocks', async () => {
    await compare(
      'spaceToBatch',
      (x) =>
        tf.spaceToBatchND(
          x as Tensor,
          [2, 2],
          [
            [0, 0],
            [1, 1],
          ],
        ),
      [floats([2, 4, 4, 3])],
    )
    await compare(
      'batchToSpace',
      (x) =>
        tf.batchToSpaceND(
          x as Tensor,
          [2, 2],
          [
            [0, 1],
            [1, 0],
          ],
        ),
      [floats([8, 3, 3, 2])],
    )
    await compare('depthToSpace', (x) => tf.depthToSpace(x as tf.Tensor4D, 2), [
      floats([2, 3, 3, 8]),
    ])
    await compare('flip', (x) => tf.image.flipLeftRight(x as tf.Tensor4D), [floats([2, 3, 4, 2])])
  })
  it('scatters', async () => {
    const indices = (): Tensor =>
      tf.tensor2d(
        [
          [0, 1],
          [2, 2],
          [0, 1],
        ],
        [3, 2],
        'int32',
      )
    await compare('scatterND', (x) => tf.scatterND(indices(), x as Tensor, [3, 3, 2]), [
      floats([3, 2]),
    ])
    await compare('scatterND, scalars', (x) => tf.scatterND(indices(), x as Tensor, [3, 3]), [
      floats([3]),
    ])
    await compare('gatherND', (x) => tf.gatherND(x as Tensor, indices()), [floats([3, 3, 2])])
    await compare('update', (x, u) => tf.tensorScatterUpdate(x as Tensor, indices(), u as Tensor), [
      floats([3, 3, 2]),
      floats([3, 2]),
    ])
    await compare(
      'sparseToDense',
      (v) =>
        tf.sparseToDense(
          tf.tensor2d(
            [
              [0, 1],
              [2, 2],
            ],
            [2, 2],
            'int32',
          ),
          v as Tensor,
          [3, 3],
          tf.scalar(0.5),
        ),
      [floats([2])],
    )
    await compare(
      'sparseToDense',
      (v) => tf.sparseToDense(tf.tensor1d([1, 3], 'int32'), v as Tensor, [5], tf.scalar(0)),
      [floats([2])],
    )
    await compare('searchSorted', () => {
      const s = tf.tensor2d([
        [0, 3, 9, 9, 10],
        [1, 2, 3, 4, 5],
      ])
      const v = tf.tensor2d([
        [2, 4, 9],
        [0, 2, 6],
      ])
      return [tf.searchSorted(s, v, 'left'), tf.searchSorted(s, v, 'right')]
    }, [])
    await compare(
      'segmentSum',
      (x) => tf.unsortedSegmentSum(x as Tensor, tf.tensor1d([0, 2, 2, -1, 5, 2], 'int32'), 3),
      [floats([6, 4])],
    )
    await compare(
      'segmentSum',
      (x) => tf.unsortedSegmentSum(x as Tensor, tf.tensor1d([0, 2, 2, 1, 0, 2], 'int32'), 3),
      [integers([6])],
      0,
      (x) =>
        tf.cast(
          tf.unsortedSegmentSum(x as Tensor, tf.tensor1d([0, 2, 2, 1, 0, 2], 'int32'), 3),
          'int32',
        ),
    )
  })
})
