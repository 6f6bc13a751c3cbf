/** Small tensor helpers that the gradients share. */
import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'

/** Runs a kernel by name (for those that tfjs has no public function for). */
export function runKernel(
  name: string,
  inputs: Record<string, Tensor>,
  attributes: object = {},
): Tensor {
  return tf.engine().runKernel(name, inputs as NamedTensorMap, attributes as NamedAttrMap)
}

/** Whether the active backend has a kernel: those of our own, that only some have. */
export function hasKernel(name: string): boolean {
  return (tf.getKernel(name, tf.getBackend()) as unknown) !== undefined
}

/** float32 zeros. A kernel, not host data: in a traced graph it stays one node instead of a large constant. */
export function zeros(shape: readonly number[]): Tensor {
  return tf.fill([...shape], 0)
}

/** The number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

/** True where both shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i])
}

/** A copy that shares its data: a gradient must be a new tensor, because the tape disposes of it on its own. */
export function copy(x: Tensor): Tensor {
  return tf.clone(x)
}

/**
 * Sums `gradient` over the axes along which an input of shape `shape` was broadcast. Returns `gradient` itself where
 * none was: only for fresh tensors (see {@link reducedCopy}).
 */
export function reduceTo(gradient: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const missing = gradient.rank - shape.length
  const axes: number[] = []
  gradient.shape.forEach((extent, i) => {
    const own = i < missing ? undefined : shape[i - missing]
    if (own === undefined || (own === 1 && extent !== 1)) axes.push(i)
  })
  const summed = axes.length > 0 ? tf.sum(gradient, axes) : gradient
  return sameShape(summed.shape, shape) ? summed : tf.reshape(summed, [...shape])
}

/** {@link reduceTo} for a tensor that belongs to somebody else: never returns it itself. */
export function reducedCopy(gradient: Tensor, shape: readonly number[]): Tensor {
  return sameShape(gradient.shape, shape) ? copy(gradient) : reduceTo(gradient, shape)
}

/** Broadcasts to `shape`, zero-size shapes too; always a new tensor. */
export function broadcast(x: Tensor, shape: readonly number[]): Tensor {
  return shape.includes(0) ? zeros(shape) : tf.broadcastTo(x, [...shape])
}

/** 1 where `mask` (bool) holds, 0 elsewhere. */
export function indicator(mask: Tensor): Tensor {
  return tf.cast(mask, 'float32')
}

/** `x` where `mask` (bool, same shape) holds, 0 elsewhere. */
export function keepWhere(mask: Tensor, x: Tensor): Tensor {
  return runKernel('Select', { condition: mask, t: x, e: tf.zerosLike(x) })
}

/** The axes of a reduction, sorted and non-negative; all of them where none are given. */
export function parseAxes(axis: unknown, rank: number): number[] {
  const given = axis === undefined || axis === null ? [...Array(rank).keys()] : [axis].flat()
  return (given as number[]).map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b)
}

/** `shape` with extent 1 along `axes`. */
export function keptShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((extent, i) => (axes.includes(i) ? 1 : extent))
}

/** Slices `[begin, begin + size)` along one axis. */
export function sliceAxis(x: Tensor, axis: number, begin: number, size: number): Tensor {
  const begins = x.shape.map((_, i) => (i === axis ? begin : 0))
  const sizes = x.shape.map((extent, i) => (i === axis ? size : extent))
  return tf.slice(x, begins, sizes)
}

/** Pads with zeros along one axis. */
export function padAxis(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x
  return tf.pad(
    x,
    x.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
  )
}

/**
 * The transpose of a strided slice: a tensor of extent `size` along `axis`, zero but for element i of `x` at
 * `begin + i * stride`.
 */
export function spreadAxis(
  x: Tensor,
  axis: number,
  begin: number,
  stride: number,
  size: number,
): Tensor {
  const count = x.shape[axis] as number
  if (count === 0) return zeros(x.shape.map((extent, i) => (i === axis ? size : extent)))
  const reach = (count - 1) * stride + 1
  let spread = x
  if (stride > 1 && count > 1) {
    const before = sizeOf(x.shape.slice(0, axis))
    const after = sizeOf(x.shape.slice(axis + 1))
    const gaps = padAxis(tf.reshape(x, [before, count, 1, after]), 2, 0, stride - 1)
    const flat = sliceAxis(tf.reshape(gaps, [before, count * stride, after]), 1, 0, reach)
    spread = tf.reshape(
      flat,
      x.shape.map((extent, i) => (i === axis ? reach : extent)),
    )
  }
  return padAxis(spread, axis, begin, size - begin - reach)
}
