/** Gradients of operations that move elements without changing them: each is the transpose of its forward map. */
import type { StridedSliceAttrs, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient, Recorded } from './definition.ts'
import { defineGradient } from './definition.ts'
import {
  copy,
  padAxis,
  parseAxes,
  reducedCopy,
  sameShape,
  sizeOf,
  sliceAxis,
  spreadAxis,
  zeros,
} from './helpers.ts'

/** Gradients of reshaping, transposing, slicing, padding, joining, splitting, repeating and reordering. */
export const shape: readonly KernelGradient[] = [
  defineGradient('Reshape', {
    backward: (dy, _, { shape }) => ({ x: () => tf.reshape(dy, shape('x')) }),
  }),
  defineGradient('ExpandDims', {
    backward: (dy, _, { shape }) => ({ input: () => tf.reshape(dy, shape('input')) }),
  }),
  defineGradient('BroadcastTo', {
    backward: (dy, _, { shape }) => ({ x: () => reducedCopy(dy, shape('x')) }),
  }),
  defineGradient('Transpose', {
    backward: (dy, _, { attributes }) => {
      const order = attributes['perm'] as number[]
      return {
        x: () =>
          tf.transpose(
            dy,
            order.map((__, i) => order.indexOf(i)),
          ),
      }
    },
  }),
  defineGradient('Reverse', {
    backward: (dy, _, { attributes, shape }) => ({
      x: () => tf.reverse(dy, parseAxes(attributes['dims'], shape('x').length)),
    }),
  }),
  defineGradient('FlipLeftRight', { backward: (dy) => ({ image: () => tf.reverse(dy, 2) }) }),
  defineGradient('Slice', {
    backward: (dy, _, { attributes, shape }) => ({
      x: () => {
        const whole = shape('x')
        const begin = [attributes['begin'] as number | number[]].flat()
        return tf.pad(
          dy,
          whole.map((extent, i): [number, number] => {
            const start = begin[i] ?? 0
            return [start, extent - start - (dy.shape[i] as number)]
          }),
        )
      },
    }),
  }),
  defineGradient('StridedSlice', {
    backward: (dy, _, recorded) => ({ x: () => stridedSliceGradient(dy, recorded) }),
  }),
  defineGradient('PadV2', {
    backward: (dy, _, { attributes, shape }) => {
      const paddings = attributes['paddings'] as [number, number][]
      return {
        x: () =>
          tf.slice(
            dy,
            paddings.map(([before]) => before),
            shape('x'),
          ),
      }
    },
  }),
  defineGradient('MirrorPad', {
    backward: (dy, _, { attributes, shape }) => {
      const offset = attributes['mode'] === 'reflect' ? 1 : 0
      const paddings = attributes['paddings'] as [number, number][]
      return {
        x: () =>
          paddings.reduce<Tensor>(
            (gradient, padding, axis) =>
              foldMirror(gradient, axis, padding, shape('x')[axis] as number, offset),
            copy(dy),
          ),
      }
    },
  }),
  defineGradient('Concat', {
    backward: (dy, _, { attributes, names, shape }) => {
      const [axis = 0] = parseAxes(attributes['axis'], dy.rank)
      let begin = 0
      const gradients = names.map((name): [string, () => Tensor] => {
        const start = begin
        const size = shape(name)[axis] as number
        begin += size
        return [name, () => sliceAxis(dy, axis, start, size)]
      })
      return Object.fromEntries(gradients)
    },
  }),
  defineGradient('Pack', {
    backward: (dy, _, { attributes, names, shape }) => {
      const [axis = 0] = parseAxes(attributes['axis'], dy.rank)
      return Object.fromEntries(
        names.map((name, i) => [name, () => tf.reshape(sliceAxis(dy, axis, i, 1), shape(name))]),
      )
    },
  }),
  defineGradient('Unpack', {
    backward: (_, __, { attributes, outputGradients }) => ({
      value: () => tf.stack([...outputGradients], attributes['axis'] as number),
    }),
  }),
  defineGradient('SplitV', {
    backward: (_, __, { attributes, outputGradients }) => ({
      x: () => tf.concat([...outputGradients], attributes['axis'] as number),
    }),
  }),
  defineGradient('Tile', {
    backward: (dy, _, { shape }) => ({ x: () => tileGradient(dy, shape('x')) }),
  }),
  defineGradient('Diag', {
    backward: (dy, _, { shape }) => ({
      x: () => {
        const count = sizeOf(shape('x'))
        const diagonal = tf.mul(tf.reshape(dy, [count, count]), tf.eye(count))
        return tf.reshape(tf.sum(diagonal, 1), shape('x'))
      },
    }),
  }),
  defineGradient('DepthToSpace', {
    backward: (dy, _, { attributes, shape }) => ({
      x: () =>
        spaceToDepth(
          dy,
          attributes['blockSize'] as number,
          attributes['dataFormat'] === 'NCHW',
          shape('x'),
        ),
    }),
  }),
  defineGradient('SpaceToBatchND', {
    backward: (dy, _, { attributes }) => ({
      x: () =>
        tf.batchToSpaceND(
          dy,
          attributes['blockShape'] as number[],
          attributes['paddings'] as number[][],
        ),
    }),
  }),
  defineGradient('BatchToSpaceND', {
    backward: (dy, _, { attributes }) => ({
      x: () =>
        tf.spaceToBatchND(
          dy,
          attributes['blockShape'] as number[],
          attributes['crops'] as number[][],
        ),
    }),
  }),
]

function stridedSliceGradient(dy: Tensor, { attributes, shape }: Recorded): Tensor {
  const whole = shape('x')
  const given = attributes as unknown as StridedSliceAttrs
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    whole,
    given.begin,
    given.end,
    given.strides,
    given.beginMask,
    given.endMask,
    given.ellipsisMask,
    given.newAxisMask,
    given.shrinkAxisMask,
  )
  const taken = tf.slice_util.computeOutShape(begin, end, strides).map((n) => Math.max(n, 0))
  if (taken.includes(0)) return zeros(whole)
  let gradient = tf.reshape(dy, taken)
  whole.forEach((extent, axis) => {
    const [start, stride, count] = [
      begin[axis] as number,
      strides[axis] as number,
      taken[axis] as number,
    ]
    if (stride < 0) {
      gradient = spreadAxis(
        tf.reverse(gradient, axis),
        axis,
        start + (count - 1) * stride,
        -stride,
        extent,
      )
    } else {
      gradient = spreadAxis(gradient, axis, start, stride, extent)
    }
  })
  return sameShape(taken, whole) && gradient === dy ? copy(dy) : gradient
}

/** Adds the mirrored edges of one axis back onto what they mirror. */
function foldMirror(
  dy: Tensor,
  axis: number,
  [before, after]: [number, number],
  size: number,
  offset: number,
): Tensor {
  let gradient = before + after === 0 ? dy : sliceAxis(dy, axis, before, size)
  if (before > 0) {
    const edge = tf.reverse(sliceAxis(dy, axis, 0, before), axis)
    gradient = tf.add(gradient, padAxis(edge, axis, offset, size - offset - before))
  }
  if (after > 0) {
    const edge = tf.reverse(sliceAxis(dy, axis, before + size, after), axis)
    gradient = tf.add(gradient, padAxis(edge, axis, size - offset - after, offset))
  }
  return gradient
}

/** Sums over the repeats: at once where the extent was 1 (a broadcast), axis by axis elsewhere, never above rank 4. */
function tileGradient(dy: Tensor, whole: readonly number[]): Tensor {
  if (sameShape(dy.shape, whole)) return copy(dy)
  if (whole.includes(0) || dy.shape.includes(0)) return zeros(whole)
  const broadcastAxes = [...whole.keys()].filter((i) => whole[i] === 1 && dy.shape[i] !== 1)
  let gradient = broadcastAxes.length > 0 ? tf.sum(dy, broadcastAxes, true) : dy
  whole.forEach((extent, axis) => {
    const tiled = gradient.shape[axis] as number
    if (tiled === extent) return
    const rows = sizeOf(gradient.shape.slice(0, axis))
    const target = gradient.shape.map((n, i) => (i === axis ? extent : n))
    gradient = tf.reshape(
      tf.sum(tf.reshape(gradient, [rows, tiled / extent, extent, -1]), 1),
      target,
    )
  })
  return gradient
}

/** The inverse of depthToSpace. */
function spaceToDepth(dy: Tensor, block: number, channelsFirst: boolean, whole: number[]): Tensor {
  if (channelsFirst) {
    const [batch = 1, , height = 1, width = 1] = whole
    const blocks = tf.reshape(dy, [batch, -1, height, block, width, block])
    return tf.reshape(tf.transpose(blocks, [0, 3, 5, 1, 2, 4]), whole)
  }
  const [batch = 1, height = 1, width = 1] = whole
  const blocks = tf.reshape(dy, [batch, height, block, width, block, -1])
  return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), whole)
}
