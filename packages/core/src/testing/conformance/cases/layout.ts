/** Kernels that move values. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation, Truth } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { booleans, floats, integers } from '../sample.ts'
import { at, fill } from '../truth.ts'

interface Row {
  readonly name: string
  readonly kernels: readonly string[]
  readonly shape?: readonly number[]
  readonly run: (x: Tensor) => Tensor | Tensor[]
  /** The shape of the result and where each of its elements comes from, NaN for padding. */
  readonly from?: readonly [
    readonly number[],
    (index: readonly number[]) => readonly number[] | number,
  ]
}

const n = (index: readonly number[], axis: number): number => index[axis] as number

const rows: readonly Row[] = [
  { name: 'Reshape', kernels: ['Reshape'], run: (x) => tf.reshape(x, [6, -1]) },
  {
    name: 'ExpandDims and squeeze',
    kernels: ['ExpandDims'],
    run: (x) => [tf.expandDims(x, -1), tf.squeeze(tf.expandDims(x, 1))],
  },
  {
    name: 'Transpose',
    kernels: ['Transpose'],
    run: (x) => tf.transpose(x, [2, 0, 1]),
    from: [[4, 2, 3], (i) => [n(i, 1), n(i, 2), n(i, 0)]],
  },
  {
    name: 'Transpose, there and reshaped',
    kernels: ['Transpose', 'Reshape'],
    run: (x) => tf.reshape(tf.transpose(x), [-1]),
  },
  {
    name: 'Transpose of six axes',
    kernels: ['Transpose'],
    shape: [2, 1, 2, 3, 1, 2],
    run: (x) => tf.transpose(x, [5, 3, 0, 2, 4, 1]),
    from: [[2, 3, 2, 2, 1, 1], (i) => [n(i, 2), n(i, 5), n(i, 3), n(i, 1), n(i, 4), n(i, 0)]],
  },
  {
    name: 'Concat',
    kernels: ['Concat'],
    run: (x) => tf.concat([x, tf.slice(x, [0, 0, 0], [2, 3, 1]), x], -1),
    from: [
      [2, 3, 9],
      (i) => [n(i, 0), n(i, 1), n(i, 2) < 4 ? n(i, 2) : n(i, 2) === 4 ? 0 : n(i, 2) - 5],
    ],
  },
  {
    name: 'Pack and Unpack',
    kernels: ['Pack', 'Unpack'],
    run: (x) => [tf.stack([x, x], 1), ...tf.unstack(x, -2)],
  },
  {
    name: 'SplitV',
    kernels: ['SplitV'],
    run: (x) => [...tf.split(x, [1, 1, 2], -1), ...tf.split(x, 2, 0)],
  },
  {
    name: 'Slice',
    kernels: ['Slice'],
    run: (x) => tf.slice(x, [1, 0, 2], [1, -1, 2]),
    from: [[1, 3, 2], (i) => [n(i, 0) + 1, n(i, 1), n(i, 2) + 2]],
  },
  {
    name: 'StridedSlice',
    kernels: ['StridedSlice'],
    shape: [5, 6],
    run: (x) => tf.stridedSlice(x, [0, 1], [5, 6], [2, 3]),
    from: [[3, 2], (i) => [2 * n(i, 0), 3 * n(i, 1) + 1]],
  },
  {
    name: 'StridedSlice backwards',
    kernels: ['StridedSlice'],
    shape: [5, 6],
    run: (x) => tf.stridedSlice(x, [4, 5], [0, -7], [-2, -1]),
    from: [[2, 6], (i) => [4 - 2 * n(i, 0), 5 - n(i, 1)]],
  },
  {
    name: 'StridedSlice with masks',
    kernels: ['StridedSlice'],
    run: (x) => tf.stridedSlice(x, [1, 0, 1], [2, 3, 4], [1, 1, 1], 0, 0, 0, 0, 1),
    from: [[3, 3], (i) => [1, n(i, 0), n(i, 1) + 1]],
  },
  {
    name: 'PadV2',
    kernels: ['PadV2'],
    shape: [2, 3],
    run: (x) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        7,
      ),
    from: [[5, 6], (i) => (n(i, 0) < 1 || n(i, 0) > 2 || n(i, 1) > 2 ? 7 : [n(i, 0) - 1, n(i, 1)])],
  },
  {
    name: 'MirrorPad, reflect',
    kernels: ['MirrorPad'],
    shape: [3, 3],
    run: (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [2, 1],
        ],
        'reflect',
      ),
    from: [
      [6, 6],
      (i) => [
        Math.abs(n(i, 0) - 1) > 2 ? 4 - Math.abs(n(i, 0) - 1) : Math.abs(n(i, 0) - 1),
        Math.abs(n(i, 1) - 2) > 2 ? 4 - Math.abs(n(i, 1) - 2) : Math.abs(n(i, 1) - 2),
      ],
    ],
  },
  {
    name: 'MirrorPad, symmetric',
    kernels: ['MirrorPad'],
    shape: [3, 3],
    run: (x) =>
      tf.mirrorPad(
        x,
        [
          [3, 1],
          [0, 2],
        ],
        'symmetric',
      ),
  },
  {
    name: 'Tile',
    kernels: ['Tile'],
    run: (x) => tf.tile(x, [2, 1, 3]),
    from: [[4, 3, 12], (i) => [n(i, 0) % 2, n(i, 1), n(i, 2) % 4]],
  },
  {
    name: 'broadcastTo',
    kernels: ['Tile'],
    shape: [3, 1],
    run: (x) => tf.broadcastTo(x, [2, 3, 4]),
    from: [[2, 3, 4], (i) => [n(i, 1), 0]],
  },
  {
    name: 'Reverse',
    kernels: ['Reverse'],
    run: (x) => tf.reverse(x, [0, -1]),
    from: [[2, 3, 4], (i) => [1 - n(i, 0), n(i, 1), 3 - n(i, 2)]],
  },
]

/** Square ones only for float32: the others hold for every dtype. */
const floatRows: readonly Row[] = [
  {
    name: 'FlipLeftRight',
    kernels: ['FlipLeftRight'],
    shape: [1, 2, 3, 2],
    run: (x) => tf.image.flipLeftRight(x as Tensor4D),
    from: [[1, 2, 3, 2], (i) => [0, n(i, 1), 2 - n(i, 2), n(i, 3)]],
  },
  {
    name: 'Diag',
    kernels: ['Diag'],
    shape: [4],
    run: (x) => tf.diag(x),
    from: [[4, 4], (i) => (n(i, 0) === n(i, 1) ? [n(i, 0)] : 0)],
  },
  {
    name: 'DepthToSpace',
    kernels: ['DepthToSpace'],
    shape: [1, 2, 2, 8],
    run: (x) => tf.depthToSpace(x as Tensor4D, 2),
    from: [
      [1, 4, 4, 2],
      (i) => [
        0,
        Math.floor(n(i, 1) / 2),
        Math.floor(n(i, 2) / 2),
        2 * (2 * (n(i, 1) % 2) + (n(i, 2) % 2)) + n(i, 3),
      ],
    ],
  },
  {
    name: 'SpaceToBatchND',
    kernels: ['SpaceToBatchND'],
    shape: [2, 4, 4, 2],
    run: (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [1, 1],
        ],
      ),
  },
  {
    name: 'BatchToSpaceND',
    kernels: ['BatchToSpaceND'],
    shape: [8, 2, 3, 2],
    run: (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
  },
]

function truthOf({ from }: Row): Truth | undefined {
  if (from === undefined) return undefined
  return ([x]) => [
    fill(from[0], (index) => {
      const source = from[1](index)
      return typeof source === 'number' ? source : at(x as Sample, source)
    }),
  ]
}

function operationOf(row: Row): Operation {
  const { name, kernels, shape = [2, 3, 4], run } = row
  const truth = truthOf(row)
  return {
    name,
    kernels,
    make: () => [floats(shape)],
    run: (x) => run(x as Tensor),
    ...(truth === undefined ? {} : { truth }),
  }
}

/** The same moves of int32 and bool values, which some backends do by other kernels. */
const otherDtypes: readonly Operation[] = rows.map((row) => {
  const { name, kernels, shape = [2, 3, 4], run } = row
  const truth = truthOf(row)
  // tf.pad takes no bool.
  const make = (): Sample[] => [
    integers(shape, -9, 10),
    ...(name === 'PadV2' ? [] : [booleans(shape)]),
  ]
  return {
    name: `${name} of int32 and bool`,
    kernels,
    make,
    run: (...xs) => xs.flatMap((x) => run(x)),
    order: 0,
    ...(truth === undefined ? {} : { truth: (inputs) => inputs.flatMap((x) => truth([x])) }),
  }
})

/** A cast relabels a mask on some backends; what follows must read it right. */
const masks: readonly Operation[] = [
  {
    name: 'moves of a mask cast to float32',
    kernels: ['Cast', 'Transpose'],
    make: () => [floats([2, 3, 4]), floats([3, 5], { seed: 2 })],
    run: (x, y) => {
      const [a, b] = [x, y].map((t) => tf.cast(tf.greater(t as Tensor, 0), 'float32')) as [
        Tensor,
        Tensor,
      ]
      return [
        tf.transpose(a, [2, 0, 1]),
        tf.transpose(b),
        tf.sum(a, 0),
        tf.mean(b, 0),
        tf.argMax(a, 0),
        tf.cumsum(b, 1, true, true),
        tf.concat([b, tf.neg(b)], 1),
        tf.matMul(b, y as Tensor, true),
      ]
    },
    order: 0,
  },
]

/** Cases of layout. */
export const layoutCases: readonly ConformanceCase[] = [
  ...casesOf('layout', [...rows, ...floatRows].map(operationOf)),
  ...casesOf('layout, int32 and bool', [...otherDtypes, ...masks]),
]
