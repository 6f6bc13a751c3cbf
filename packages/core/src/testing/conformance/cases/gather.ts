/** Kernels that take and add by index; large ones with many repeats, which lose sums where the order of writes is wrong. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { exactly, floats, integers } from '../sample.ts'
import { at, fill } from '../truth.ts'

interface Row {
  readonly name: string
  readonly shape: readonly number[]
  readonly places: readonly number[]
  readonly indexShape: readonly number[]
  readonly axis: number
  readonly batchDims: number
}

const rows: readonly Row[] = [
  {
    name: 'rows, with repeats',
    shape: [4, 3],
    places: [3, 1, 3, 0],
    indexShape: [4],
    axis: 0,
    batchDims: 0,
  },
  {
    name: 'rows by a matrix',
    shape: [4, 3],
    places: [3, 1, 3, 0],
    indexShape: [2, 2],
    axis: 0,
    batchDims: 0,
  },
  {
    name: 'the middle axis',
    shape: [2, 3, 2],
    places: [2, 0, 2, 2],
    indexShape: [2, 2],
    axis: 1,
    batchDims: 0,
  },
  {
    name: 'a negative axis',
    shape: [2, 4],
    places: [3, 3, 0],
    indexShape: [3],
    axis: -1,
    batchDims: 0,
  },
  {
    name: 'a batch axis',
    shape: [2, 4, 3],
    places: [3, 1, 1, 0, 0, 2],
    indexShape: [2, 3],
    axis: 1,
    batchDims: 1,
  },
  {
    name: 'a batch axis, a later axis',
    shape: [2, 2, 3],
    places: [2, 1, 1, 0],
    indexShape: [2, 2],
    axis: 2,
    batchDims: 1,
  },
]

const gathers: readonly Operation[] = rows.map(
  ({ name, shape, places, indexShape, axis, batchDims }) => ({
    name: `GatherV2, ${name}`,
    kernels: ['GatherV2'],
    gradientKernels: ['UnsortedSegmentSum'],
    make: () => [floats(shape), exactly(places, indexShape, 'int32')],
    run: (x, indices) => tf.gather(x as Tensor, indices as Tensor, axis, batchDims),
    truth: ([x, indices]) => {
      const place = axis < 0 ? axis + shape.length : axis
      const inner = indexShape.length - batchDims
      const out = [
        ...shape.slice(0, place),
        ...indexShape.slice(batchDims),
        ...shape.slice(place + 1),
      ]
      return [
        fill(out, (index) => {
          const row = at(indices as Sample, [
            ...index.slice(0, batchDims),
            ...index.slice(place, place + inner),
          ])
          return at(x as Sample, [...index.slice(0, place), row, ...index.slice(place + inner)])
        }),
      ]
    },
  }),
)

/** Sums of rows in double precision; ids outside are left out. */
function segmentSums(x: Sample, ids: Sample, count: number): Float64Array {
  const width = x.values.length / ids.values.length
  const sums = new Float64Array(count * width)
  for (const [row, id] of Array.from(ids.values).entries()) {
    if (id < 0 || id >= count) continue
    for (let j = 0; j < width; j++) {
      sums[id * width + j] =
        (sums[id * width + j] as number) + (x.values[row * width + j] as number)
    }
  }
  return sums
}

const whole = (places: readonly number[], shape: readonly number[]): Sample =>
  exactly(places, shape, 'int32')

const others: readonly Operation[] = [
  {
    name: 'GatherV2 of int32',
    kernels: ['GatherV2'],
    make: () => [integers([4, 3], -9, 9), whole([3, 1, 3, 0], [4])],
    run: (x, indices) => tf.gather(x as Tensor, indices as Tensor),
    order: 0,
  },
  {
    name: 'GatherNd, rows and elements, with repeats',
    kernels: ['GatherNd'],
    make: () => [
      floats([3, 2, 2]),
      whole([2, 0, 2], [3, 1]),
      whole([2, 1, 0, 0, 0, 1, 2, 1, 0], [3, 3]),
    ],
    run: (x, places, elements) => [
      tf.gatherND(x as Tensor, places as Tensor),
      tf.gatherND(x as Tensor, elements as Tensor),
    ],
  },
  {
    name: 'ScatterNd, with repeats',
    kernels: ['ScatterNd'],
    make: () => [whole([2, 0, 2], [3, 1]), floats([3, 2])],
    run: (indices, updates) => tf.scatterND(indices as Tensor, updates as Tensor, [4, 2]),
    truth: ([indices, updates]) => [segmentSums(updates as Sample, indices as Sample, 4)],
  },
  {
    name: 'TensorScatterUpdate',
    kernels: ['TensorScatterUpdate'],
    make: () => [floats([3, 2]), whole([2, 0], [2, 1]), floats([2, 2], { seed: 2 })],
    // A copy: the kernel of cpu overwrites its input.
    run: (x, indices, updates) =>
      tf.tensorScatterUpdate(tf.mul(x as Tensor, 1), indices as Tensor, updates as Tensor),
  },
  {
    name: 'SparseToDense',
    kernels: ['SparseToDense'],
    make: () => [whole([0, 1, 2, 0], [2, 2]), floats([2]), exactly([0.3], [])],
    run: (places, values, rest) =>
      tf.sparseToDense(places as Tensor, values as Tensor, [3, 2], rest as tf.Scalar),
  },
  {
    name: 'UnsortedSegmentSum, ids outside left out',
    kernels: ['UnsortedSegmentSum'],
    make: () => [floats([6, 3]), whole([0, 2, 2, -1, 5, 2], [6])],
    run: (x, ids) => tf.unsortedSegmentSum(x as Tensor, ids as Tensor1D, 3),
    truth: ([x, ids]) => [segmentSums(x as Sample, ids as Sample, 3)],
  },
  {
    name: 'SearchSorted',
    kernels: ['SearchSorted'],
    make: () => [
      exactly([0, 3, 9, 9, 10, 1, 2, 3, 4, 5], [2, 5]),
      exactly([2, 4, 9, 0, 2, 6], [2, 3]),
    ],
    run: (sorted, values) =>
      (['left', 'right'] as const).map((side) =>
        tf.searchSorted(sorted as Tensor, values as Tensor, side),
      ),
    order: 0,
  },
]

/** [rows, width, segments] */
const sizes = [
  [8000, 16, 10],
  [5000, 8, 1000],
  [3000, 1, 4],
] as const

const large: readonly Operation[] = sizes.flatMap(([count, width, segments]): Operation[] => [
  {
    name: `UnsortedSegmentSum of ${count} x ${width} into ${segments}`,
    kernels: ['UnsortedSegmentSum'],
    make: () => [floats([count, width]), integers([count], 0, segments)],
    run: (x, ids) => tf.unsortedSegmentSum(x as Tensor, ids as Tensor1D, segments),
    truth: ([x, ids]) => [segmentSums(x as Sample, ids as Sample, segments)],
    order: 0,
    tolerance: 3e-5,
  },
  {
    name: `ScatterNd of ${count} x ${width} into ${segments}`,
    kernels: ['ScatterNd'],
    make: () => [floats([count, width]), integers([count, 1], 0, segments)],
    run: (x, ids) => tf.scatterND(ids as Tensor, x as Tensor, [segments, width]),
    truth: ([x, ids]) => [segmentSums(x as Sample, ids as Sample, segments)],
    order: 0,
    tolerance: 3e-5,
  },
  {
    name: `GatherV2 of ${count} from ${segments} x ${width}`,
    kernels: ['GatherV2'],
    gradientKernels: ['UnsortedSegmentSum'],
    make: () => [floats([segments, width]), integers([count], 0, segments)],
    run: (x, ids) => tf.gather(x as Tensor, ids as Tensor1D),
    order: 1,
    step: 0,
  },
])

/** Cases of indexing. */
export const gatherCases: readonly ConformanceCase[] = casesOf('gather, scatter', [
  ...gathers,
  ...others,
  ...large,
])
