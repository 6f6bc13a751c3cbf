/**
 * Gradients of gathering and scattering. What was gathered is summed back by UnsortedSegmentSum (never by ScatterND,
 * whose repeated indices lose updates on some engines); indices get zeros.
 */
import type {
  GatherV2Attrs,
  Tensor,
  Tensor1D,
  UnsortedSegmentSumAttrs,
} from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { indicator, keepWhere, sizeOf, zeros } from './helpers.ts'

/** Gradients of GatherV2, GatherNd, ScatterNd, TensorScatterUpdate, UnsortedSegmentSum, SparseToDense, TopK. */
export const gatherScatter: readonly KernelGradient[] = [
  defineGradient('GatherV2', {
    save: ['indices'],
    backward: (dy, { indices }, { attributes, shape }) => ({
      x: () => gatherGradient(dy, indices, shape('x'), attributes as unknown as GatherV2Attrs),
      indices: () => zeros(indices.shape),
    }),
  }),
  defineGradient('GatherNd', {
    save: ['indices'],
    backward: (dy, { indices }, { shape }) => ({
      params: () => {
        const whole = shape('params')
        const depth = indices.shape[indices.rank - 1] as number
        const places = sizeOf(whole.slice(0, depth))
        const rows = tf.reshape(dy, [
          sizeOf(indices.shape.slice(0, -1)),
          sizeOf(whole.slice(depth)),
        ])
        return tf.reshape(tf.unsortedSegmentSum(rows, flatPlaces(indices, whole), places), whole)
      },
      indices: () => zeros(indices.shape),
    }),
  }),
  defineGradient('ScatterNd', {
    save: ['indices'],
    backward: (dy, { indices }) => ({
      updates: () => tf.gatherND(dy, indices),
      indices: () => zeros(indices.shape),
    }),
  }),
  defineGradient('TensorScatterUpdate', {
    save: ['indices'],
    backward: (dy, { indices }, { shape }) => ({
      // Not by the kernel itself: on cpu it writes into its input.
      tensor: () =>
        keepWhere(
          tf.equal(tf.scatterND(indices, tf.ones(shape('updates')), shape('tensor')), 0),
          dy,
        ),
      updates: () => tf.gatherND(dy, indices),
      indices: () => zeros(indices.shape),
    }),
  }),
  defineGradient('SparseToDense', {
    save: ['sparseIndices'],
    backward: (dy, { sparseIndices }, { shape }) => {
      const places = (): Tensor =>
        sparseIndices.rank < 2 ? tf.reshape(sparseIndices, [-1, 1]) : sparseIndices
      return {
        sparseIndices: () => zeros(sparseIndices.shape),
        sparseValues: () => {
          const values = tf.gatherND(dy, places())
          return shape('sparseValues').length === 0
            ? tf.sum(values)
            : tf.reshape(values, shape('sparseValues'))
        },
        defaultValue: () =>
          tf.reshape(tf.sub(tf.sum(dy), tf.sum(tf.gatherND(dy, places()))), shape('defaultValue')),
      }
    },
  }),
  defineGradient('UnsortedSegmentSum', {
    save: ['segmentIds'],
    backward: (dy, { segmentIds }, { attributes, shape }) => ({
      x: () => {
        const { numSegments } = attributes as unknown as UnsortedSegmentSumAttrs
        // Elements with an id outside [0, numSegments) were left out of every segment.
        const counted = tf.logicalAnd(
          tf.greaterEqual(segmentIds, 0),
          tf.less(segmentIds, numSegments),
        )
        const ids = tf.mul(segmentIds, tf.cast(counted, 'int32'))
        const trailing = shape('x')
          .slice(segmentIds.rank)
          .map(() => 1)
        const mask = tf.reshape(indicator(counted), [...segmentIds.shape, ...trailing])
        return tf.mul(tf.gather(dy, ids), mask)
      },
      segmentIds: () => zeros(segmentIds.shape),
    }),
  }),
  defineGradient('TopK', {
    output: 1,
    backward: (dy, { output }, { shape }) => ({
      x: () => {
        const whole = shape('x')
        const width = whole[whole.length - 1] as number
        const taken = output.shape[output.rank - 1] as number
        const rows = width === 0 ? 0 : sizeOf(whole) / width
        const starts = tf.reshape(tf.range(0, rows * width, width, 'int32'), [rows, 1])
        const places = tf.reshape(tf.add(tf.reshape(output, [rows, taken]), starts), [
          rows * taken,
          1,
        ])
        // The places of a row differ, so that here a scatter has no repeats.
        const flat = tf.scatterND(places, tf.reshape(dy, [rows * taken]), [rows * width])
        return tf.reshape(flat, whole)
      },
    }),
  }),
]

function gatherGradient(
  dy: Tensor,
  indices: Tensor,
  whole: number[],
  { axis, batchDims }: GatherV2Attrs,
): Tensor {
  const at = axis < 0 ? axis + whole.length : axis
  const batchAxes = batchDims < 0 ? batchDims + indices.rank : batchDims
  const batch = sizeOf(whole.slice(0, batchAxes))
  const outer = sizeOf(whole.slice(batchAxes, at))
  const places = whole[at] as number
  const inner = sizeOf(whole.slice(at + 1))
  const count = sizeOf(indices.shape.slice(batchAxes))
  // [batch, outer, count, inner] -> [batch * count, outer * inner]: one row for each index.
  const blocks = tf.reshape(dy, [batch, outer, count, inner])
  const rows = tf.reshape(outer === 1 ? blocks : tf.transpose(blocks, [0, 2, 1, 3]), [
    batch * count,
    outer * inner,
  ])
  let ids = tf.reshape(indices, [batch * count])
  if (batch > 1) {
    const starts = tf.reshape(tf.range(0, batch * places, places, 'int32'), [batch, 1])
    ids = tf.reshape(tf.add(tf.reshape(indices, [batch, count]), starts), [batch * count])
  }
  const sums = tf.unsortedSegmentSum(rows, ids as Tensor1D, batch * places)
  if (outer === 1) return tf.reshape(sums, whole)
  return tf.reshape(
    tf.transpose(tf.reshape(sums, [batch, places, outer, inner]), [0, 2, 1, 3]),
    whole,
  )
}

/** Places in the flattened leading axes of `whole`, for indices `[..., depth]`. */
function flatPlaces(indices: Tensor, whole: readonly number[]): Tensor1D {
  const depth = indices.shape[indices.rank - 1] as number
  const columns = tf.reshape(indices, [-1, depth])
  const count = sizeOf(indices.shape.slice(0, -1))
  let places: Tensor = tf.fill([count], 0, 'int32')
  for (let i = 0; i < depth; i++) {
    const column = tf.reshape(tf.slice(columns, [0, i], [count, 1]), [count])
    places = tf.add(tf.mul(places, tf.scalar(whole[i] as number, 'int32')), column)
  }
  return places as Tensor1D
}
