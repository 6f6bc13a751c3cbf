/**
 * Resizing: each axis is a product with a constant matrix, and the gradient is the product with its transpose.
 */
import { cast } from '../build/cast.ts'
import { gather, reshape } from '../build/layout.ts'
import { product } from '../build/product.ts'
import type { Value } from '../graph.ts'
import type { KernelAttributes, Lowering, Lowerings } from '../kernel.ts'

/** Where output position `at` falls in the input. */
type Position = (at: number) => number

/** tfjs's bilinear positions along one axis. */
function bilinearPosition(size: number, outSize: number, attributes: KernelAttributes): Position {
  const { alignCorners, halfPixelCenters } = attributes
  const scale = alignCorners && outSize > 1 ? (size - 1) / (outSize - 1) : size / outSize
  return halfPixelCenters ? (at) => scale * (at + 0.5) - 0.5 : (at) => scale * at
}

/** tfjs's nearest neighbours along one axis. */
function nearestIndices(size: number, outSize: number, attributes: KernelAttributes): number[] {
  const { alignCorners, halfPixelCenters } = attributes
  const scale = alignCorners && outSize > 1 ? (size - 1) / (outSize - 1) : size / outSize
  return Array.from({ length: outSize }, (_, at) => {
    const from = halfPixelCenters ? scale * (at + 0.5) : scale * at
    const index = alignCorners ? Math.round(from) : Math.floor(from)
    return Math.min(size - 1, halfPixelCenters ? Math.max(0, index) : index)
  })
}

/** `[outSize, size]`: row `at` holds the weights of the input's elements. */
function bilinearMatrix(size: number, outSize: number, attributes: KernelAttributes): Float32Array {
  const position = bilinearPosition(size, outSize, attributes)
  const matrix = new Float32Array(outSize * size)
  for (let at = 0; at < outSize; at++) {
    const from = position(at)
    const low = Math.max(0, Math.floor(from))
    const high = Math.min(size - 1, Math.ceil(from))
    const weight = from - low
    const add = (column: number, value: number): void => {
      matrix[at * size + column] = (matrix[at * size + column] as number) + value
    }
    add(low, 1 - weight)
    add(high, weight)
  }
  return matrix
}

function nearestMatrix(size: number, outSize: number, attributes: KernelAttributes): Float32Array {
  const matrix = new Float32Array(outSize * size)
  for (const [at, from] of nearestIndices(size, outSize, attributes).entries())
    matrix[at * size + from] = 1
  return matrix
}

type MatrixOf = typeof bilinearMatrix

/** Rows first, columns second: x `[batch, height, width, channels]`. */
function separable(x: Value, rows: Value, columns: Value, back: boolean): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const outHeight = rows.shape[back ? 1 : 0] as number
  const outWidth = columns.shape[back ? 1 : 0] as number
  const tall = product(
    reshape(rows, [1, ...rows.shape]),
    reshape(x, [batch, height, width * channels]),
    back,
  )
  const wide = product(
    reshape(columns, [1, ...columns.shape]),
    reshape(tall, [batch * outHeight, width, channels]),
    back,
  )
  return reshape(wide, [batch, outHeight, outWidth, channels])
}

function resize(matrixOf: MatrixOf): Lowering {
  return (inputs, attributes, graph) => {
    const x = cast(inputs.get('images'), 'float32')
    const [, height, width] = x.shape as [number, number, number, number]
    const [outHeight, outWidth] = attributes['size'] as [number, number]
    const rows = graph.constant(
      matrixOf(height, outHeight, attributes),
      [outHeight, height],
      'float32',
    )
    const columns = graph.constant(
      matrixOf(width, outWidth, attributes),
      [outWidth, width],
      'float32',
    )
    return separable(x, rows, columns, false)
  }
}

function resizeGradient(matrixOf: MatrixOf): Lowering {
  return (inputs, attributes, graph) => {
    const [images, dy] = [inputs.get('images'), inputs.get('dy')]
    const [, height, width] = images.shape as [number, number, number, number]
    const [, outHeight, outWidth] = dy.shape as [number, number, number, number]
    // tfjs's gradients know no half pixel centers.
    const plain = { ...attributes, halfPixelCenters: false }
    const rows = graph.constant(matrixOf(height, outHeight, plain), [outHeight, height], 'float32')
    const columns = graph.constant(matrixOf(width, outWidth, plain), [outWidth, width], 'float32')
    return separable(dy, rows, columns, true)
  }
}

const resizeNearest: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('images')
  const [outHeight, outWidth] = attributes['size'] as [number, number]
  const pick = (size: number, outSize: number): Value =>
    graph.constant(Int32Array.from(nearestIndices(size, outSize, attributes)), [outSize], 'int32')
  const tall = gather(x, pick(x.shape[1] as number, outHeight), 1)
  return gather(tall, pick(x.shape[2] as number, outWidth), 2)
}

export const imageKernels: Lowerings = {
  ResizeBilinear: resize(bilinearMatrix),
  ResizeBilinearGrad: resizeGradient(bilinearMatrix),
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: resizeGradient(nearestMatrix),
}
