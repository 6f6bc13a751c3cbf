/** Kernels that make tensors from attributes. */
import { cast } from '../build/cast.ts'
import { reshape, tile } from '../build/layout.ts'
import { where } from '../build/pointwise.ts'
import { oneHot } from '../build/segments.ts'
import { elementType } from '../element.ts'
import type { Lowering, Lowerings } from '../kernel.ts'

const fill: Lowering = (_, { shape, value, dtype }, graph) =>
  graph.fill(
    shape as number[],
    dtype === 'bool'
      ? Number(Boolean(value))
      : dtype === 'int32'
        ? Math.trunc(value as number)
        : Math.fround(value as number),
    elementType(dtype ?? 'float32'),
  )

const range: Lowering = (_, { start, stop, step, dtype }, graph) => {
  const length =
    start === stop || start < stop !== step > 0 ? 0 : Math.abs(Math.ceil((stop - start) / step))
  const numbers = Array.from({ length }, (__, index) => start + index * step)
  const data = dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers)
  return graph.constant(data, [length], elementType(dtype ?? 'float32'))
}

const linSpace: Lowering = (_, { start, stop, num }, graph) => {
  const step = num > 1 ? (stop - start) / (num - 1) : 0
  return graph.constant(
    Float32Array.from({ length: num }, (__, index) => start + index * step),
    [num],
    'float32',
  )
}

const onesLike: Lowering = (inputs, _, graph) => {
  const { shape, type } = inputs.get('x')
  return graph.fill(shape, 1, type)
}

const zerosLike: Lowering = (inputs, _, graph) => {
  const { shape, type } = inputs.get('x')
  return graph.fill(shape, 0, type)
}

const oneHotKernel: Lowering = (inputs, { depth, onValue, offValue, dtype }, graph) => {
  const type = elementType(dtype ?? 'float32')
  const hot = oneHot(cast(inputs.get('indices'), 'int32'), depth as number)
  if (onValue === 1 && offValue === 0) return cast(hot, type)
  return where(cast(hot, 'bool'), graph.fill([], onValue, type), graph.fill([], offValue, type))
}

const tileKernel: Lowering = (inputs, { reps }) => {
  const x = inputs.get('x')
  return x.type === 'bool' ? cast(tile(cast(x, 'int32'), reps), 'bool') : tile(x, reps)
}

const diagonal: Lowering = (inputs, _, graph) => {
  const x = inputs.get('x')
  const size = x.shape.reduce((a, b) => a * b, 1)
  const index = graph.constant(
    Int32Array.from({ length: size }, (__, i) => i),
    [size],
    'int32',
  )
  const flat = reshape(x, [size])
  const mask = cast(oneHot(index, size), 'bool')
  return reshape(where(mask, flat, graph.fill([], 0, x.type)), [...x.shape, ...x.shape])
}

export const creationKernels: Lowerings = {
  Fill: fill,
  Range: range,
  LinSpace: linSpace,
  OnesLike: onesLike,
  ZerosLike: zerosLike,
  OneHot: oneHotKernel,
  Tile: tileKernel,
  Diag: diagonal,
}
