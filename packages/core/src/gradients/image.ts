/**
 * Gradients of image resizing. Resizing is a product with one small interpolation matrix for each axis, y = R x Cᵀ, so
 * its gradient is Rᵀ dy C: right for half-pixel centres as well (which tfjs's gradient kernels ignore), at every order.
 */
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'

/** Gradients of ResizeBilinear and ResizeNearestNeighbor. */
export const image: readonly KernelGradient[] = [
  defineGradient('ResizeBilinear', {
    backward: (dy, _, { attributes, shape }) => ({
      images: () => resizeGradient(dy, shape('images'), attributes, bilinearRow),
    }),
  }),
  defineGradient('ResizeNearestNeighbor', {
    backward: (dy, _, { attributes, shape }) => ({
      images: () => resizeGradient(dy, shape('images'), attributes, nearestRow),
    }),
  }),
]

interface Sampling {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
}

/** Adds the weights of output `index` onto the row of a matrix with one column for each of `size` inputs. */
type Row = (
  row: Float32Array,
  index: number,
  ratio: number,
  size: number,
  sampling: Sampling,
) => void

const bilinearRow: Row = (row, index, ratio, size, { halfPixelCenters }) => {
  const source = halfPixelCenters ? ratio * (index + 0.5) - 0.5 : ratio * index
  const low = Math.max(0, Math.floor(source))
  const high = Math.min(size - 1, Math.ceil(source))
  const fraction = source - low
  row[low] = (row[low] as number) + 1 - fraction
  row[high] = (row[high] as number) + fraction
}

const nearestRow: Row = (row, index, ratio, size, { alignCorners, halfPixelCenters }) => {
  const source = halfPixelCenters ? ratio * (index + 0.5) : ratio * index
  row[Math.max(0, Math.min(size - 1, alignCorners ? Math.round(source) : Math.floor(source)))] = 1
}

/** `[out, size]`, row i the weights of the inputs in output i. */
function interpolation(size: number, out: number, sampling: Sampling, row: Row): Tensor {
  const aligned = sampling.alignCorners && out > 1 ? 1 : 0
  const ratio = (size - aligned) / (out - aligned)
  const weights = new Float32Array(out * size)
  for (let i = 0; i < out; i++)
    row(weights.subarray(i * size, (i + 1) * size), i, ratio, size, sampling)
  return tf.tensor2d(weights, [out, size])
}

function resizeGradient(dy: Tensor, whole: number[], attributes: NamedAttrMap, row: Row): Tensor {
  const [batch = 1, height = 1, width = 1, channels = 1] = whole
  const [, outHeight = 1, outWidth = 1] = dy.shape
  const sampling = attributes as unknown as Sampling
  const rows = interpolation(height, outHeight, sampling, row)
  const columns = interpolation(width, outWidth, sampling, row)
  const tall = tf.matMul(rows, tf.reshape(dy, [batch, outHeight, outWidth * channels]), true)
  const wide = tf.matMul(columns, tf.reshape(tall, [batch * height, outWidth, channels]), true)
  return tf.reshape(wide, whole)
}
