/** Attention and what it needs: masks, a cache, positions, heads. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { booleans, exactly, floats, integers } from '../sample.ts'
import { at, fill } from '../truth.ts'

const float = (x: Tensor): Tensor => tf.cast(x, 'float32')

const operations: readonly Operation[] = [
  {
    name: 'masks of places, ids and padding',
    kernels: ['Range', 'GreaterEqual', 'LogicalOr', 'LogicalAnd', 'Equal', 'NotEqual'],
    make: () => [integers([2, 5], 0, 3), floats([2, 5]), exactly([1, 1, 0, 1, 0], [5])],
    run: (ids, _, kept) => {
      const places = tf.range(0, 5)
      const causal = tf.greaterEqual(tf.expandDims(places, 1), places)
      const prefix = tf.logicalOr(causal, tf.less(places, 2))
      const blocks = tf.equal(tf.expandDims(ids as Tensor, 2), tf.expandDims(ids as Tensor, 1))
      const real = tf.reshape(tf.notEqual(kept as Tensor, 0), [1, 1, 1, 5])
      return [prefix, blocks, tf.logicalAnd(tf.reshape(blocks, [2, 1, 5, 5]), real)]
    },
    order: 0,
    truth: ([ids, , kept]) => {
      const same = (n: number, i: number, j: number): boolean =>
        at(ids as Sample, [n, i]) === at(ids as Sample, [n, j])
      return [
        fill([5, 5], ([i = 0, j = 0]) => Number(j <= i || j < 2)),
        fill([2, 5, 5], ([n = 0, i = 0, j = 0]) => Number(same(n, i, j))),
        fill([2, 1, 5, 5], ([n = 0, , i = 0, j = 0]) =>
          Number(same(n, i, j) && at(kept as Sample, [j]) !== 0),
        ),
      ]
    },
  },
  {
    name: 'attention with shared keys, a bias, and a query that may look nowhere',
    kernels: ['BatchMatMul', 'Softmax', 'Max'],
    make: () => [
      floats([2, 4, 3, 4]),
      floats([2, 2, 5, 4], { seed: 2 }),
      floats([2, 2, 5, 3], { seed: 3 }),
      floats([4, 1, 5], { seed: 4 }),
      exactly([1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [3, 5]),
    ],
    run: (query, key, value, bias, mask) => {
      const grouped = tf.reshape(tf.mul(query as Tensor, 0.5), [2, 2, 6, 4])
      const logits = tf.reshape(tf.matMul(grouped, key as Tensor, false, true), [2, 4, 3, 5])
      const away = tf.mul(tf.sub(mask as Tensor, 1), 3e4)
      const maps = tf.softmax(tf.add(tf.add(logits, bias as Tensor), away))
      const mixed = tf.matMul(tf.reshape(maps, [2, 2, 6, 5]), value as Tensor)
      return tf.mul(tf.reshape(mixed, [2, 4, 3, 3]), tf.max(mask as Tensor, -1, true))
    },
    // The mask's own slope, by which logits move a thousandfold, is no part of it.
    order: 0,
  },
  {
    name: 'attention by a mask that is a constant',
    kernels: ['BatchMatMul', 'Softmax'],
    make: () => [
      floats([2, 2, 3, 4]),
      floats([2, 2, 3, 4], { seed: 2 }),
      floats([2, 2, 3, 4], { seed: 3 }),
      booleans([2, 1, 1, 3], 4),
    ],
    run: (query, key, value, kept) => {
      const logits = tf.matMul(query as Tensor, key as Tensor, false, true)
      const allowed = float(kept as Tensor)
      const maps = tf.softmax(tf.add(logits, tf.mul(tf.sub(allowed, 1), 3e4)))
      return tf.mul(tf.matMul(maps, value as Tensor), tf.max(allowed, -1, true))
    },
  },
  {
    name: 'a cache, written at a place',
    kernels: ['GatherV2', 'ClipByValue', 'Select'],
    make: () => [floats([2, 2, 6, 3]), floats([2, 2, 2, 3], { seed: 2 }), integers([], 3, 4)],
    run: (cache, added, position) => {
      const token = tf.sub(tf.range(0, 6), float(position as Tensor))
      const written = tf.logicalAnd(tf.greaterEqual(token, 0), tf.less(token, 2))
      const source = tf.cast(tf.clipByValue(token, 0, 1), 'int32')
      const spread = tf.gather(added as Tensor, source as Tensor1D, 2)
      return tf.where(tf.expandDims(written, -1), spread, cache as Tensor)
    },
    truth: ([cache, added]) => [
      fill([2, 2, 6, 3], ([n = 0, h = 0, t = 0, c = 0]) =>
        t === 3 || t === 4
          ? at(added as Sample, [n, h, t - 3, c])
          : at(cache as Sample, [n, h, t, c]),
      ),
    ],
  },
  {
    name: 'rotary positions, halves and pairs',
    kernels: ['SplitV', 'Concat'],
    make: () => [floats([2, 2, 3, 4]), floats([3, 2], { seed: 2 }), floats([3, 2], { seed: 3 })],
    run: (x, cosines, sines) => {
      const turned = (a: Tensor, b: Tensor): [Tensor, Tensor] => [
        tf.sub(tf.mul(a, cosines as Tensor), tf.mul(b, sines as Tensor)),
        tf.add(tf.mul(b, cosines as Tensor), tf.mul(a, sines as Tensor)),
      ]
      const [a, b] = tf.split(x as Tensor, 2, -1) as [Tensor, Tensor]
      const pairs = tf.split(tf.reshape(x as Tensor, [2, 2, 3, 2, 2]), 2, -1)
      const [c, d] = pairs.map((part) => tf.reshape(part, [2, 2, 3, 2])) as [Tensor, Tensor]
      const woven = turned(c, d).map((part) => tf.expandDims(part, -1))
      return [tf.concat(turned(a, b), -1), tf.reshape(tf.concat(woven, -1), [2, 2, 3, 4])]
    },
  },
  {
    name: 'heads, apart and together',
    kernels: ['Transpose', 'Unpack'],
    make: () => [floats([2, 4, 12])],
    run: (x) => {
      const parts = tf.transpose(tf.reshape(x as Tensor, [2, 4, 3, 2, 2]), [2, 0, 3, 1, 4])
      return tf.unstack(parts, 0).map((heads) => {
        return tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [2, 4, 4])
      })
    },
  },
]

/** Cases of attention. */
export const attentionCases: readonly ConformanceCase[] = casesOf('attention', operations)
