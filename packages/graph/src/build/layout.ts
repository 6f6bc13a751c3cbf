/** Operators that move values without computing: reshape, transpose, slice, concat, pad, broadcast. */
import type { HostArray } from '../element.ts'
import { sameShape, sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int, ints } from '../graph.ts'

/** The same values in another shape of the same size. */
export function reshape(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  const { graph } = x
  if (x.fill !== undefined) return graph.fill(shape, x.fill, x.type)
  if (x.node?.op === 'Reshape') return reshape(x.node.inputs[0] as Value, shape)
  return graph.emit('Reshape', [x, graph.int64(shape)], { shape, type: x.type })
}

/** Axes in another order: axis `i` of the result is axis `perm[i]` of `x`. */
export function transpose(x: Value, perm: readonly number[]): Value {
  if (perm.every((from, to) => from === to)) return x
  const shape = perm.map((axis) => x.shape[axis] as number)
  if (x.fill !== undefined) return x.graph.fill(shape, x.fill, x.type)
  if (x.node?.op === 'Transpose') {
    const first = x.node.attributes['perm']?.value as readonly number[]
    return transpose(
      x.node.inputs[0] as Value,
      perm.map((axis) => first[axis] as number),
    )
  }
  // Moving only axes of size one moves no value.
  const moved = perm.filter((axis) => x.shape[axis] !== 1)
  if (moved.every((axis, index) => index === 0 || axis > (moved[index - 1] as number))) {
    return reshape(x, shape)
  }
  return x.graph.emit('Transpose', [x], { shape, type: x.type }, { perm: ints(perm) })
}

/** `x` repeated along axes of size one, and along new axes in front. */
export function broadcastTo(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  const { graph } = x
  if (x.fill !== undefined) return graph.fill(shape, x.fill, x.type)
  if (sizeOf(x.shape) === sizeOf(shape)) return reshape(x, shape)
  return graph.emit('Expand', [x, graph.int64(shape)], { shape, type: x.type })
}

/** A box of `x`; `begin` and `size` have one entry for each axis. */
export function slice(
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  strides: readonly number[] = begin.map(() => 1),
): Value {
  const { graph } = x
  if (x.fill !== undefined) return graph.fill(size, x.fill, x.type)
  const axes = size.flatMap((n, axis) => (n === x.shape[axis] && strides[axis] === 1 ? [] : [axis]))
  if (axes.length === 0) return x
  const pick = (values: readonly number[]): Value =>
    graph.int64(axes.map((axis) => values[axis] as number))
  const end = begin.map((start, axis) => {
    const stride = strides[axis] as number
    const last = start + ((size[axis] as number) - 1) * stride
    return stride > 0 ? last + 1 : last === 0 ? -(2 ** 31) : last - 1
  })
  const operands = [x, pick(begin), pick(end), graph.int64(axes), pick(strides)]
  return graph.emit('Slice', operands, { shape: size, type: x.type })
}

/** Values one after another along `axis`. */
export function concat(values: readonly Value[], axis: number): Value {
  const [first] = values as [Value]
  const { graph, type } = first
  const shape = [...first.shape]
  shape[axis] = values.reduce((sum, value) => sum + (value.shape[axis] as number), 0)
  const parts = values.filter((value) => sizeOf(value.shape) > 0)
  if (parts.length === 0) return graph.fill(shape, 0, type)
  if (parts.length === 1) return parts[0] as Value
  const { fill } = parts[0] as Value
  if (fill !== undefined && parts.every((part) => Object.is(part.fill, fill))) {
    return graph.fill(shape, fill, type)
  }
  return graph.emit('Concat', parts, { shape, type }, { axis: int(axis) })
}

/** `x` with `value` around it: `paddings` has [before, after] for each axis. */
export function pad(x: Value, paddings: readonly (readonly [number, number])[], value = 0): Value {
  const { graph, type } = x
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x
  const shape = x.shape.map(
    (size, axis) => size + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0),
  )
  if (sizeOf(x.shape) === 0 || Object.is(x.fill, value)) return graph.fill(shape, value, type)
  const amounts = graph.int64([
    ...paddings.map(([before]) => before),
    ...paddings.map(([, after]) => after),
  ])
  return graph.emit('Pad', [x, amounts, graph.fill([], value, type)], { shape, type })
}

/** Equal copies of `x` along each axis. */
export function tile(x: Value, repeats: readonly number[]): Value {
  const { graph, type } = x
  const shape = x.shape.map((size, axis) => size * (repeats[axis] as number))
  if (x.fill !== undefined) return graph.fill(shape, x.fill, type)
  if (repeats.every((n) => n === 1)) return x
  if (x.shape.every((size, axis) => size === 1 || repeats[axis] === 1)) return broadcastTo(x, shape)
  return graph.emit('Tile', [x, graph.int64(repeats)], { shape, type })
}

/** Slices of `x` along `axis`, at `indices` (int32 or int64, any shape). */
export function gather(x: Value, indices: Value, axis: number): Value {
  const { graph, type } = x
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  if (x.fill !== undefined) return graph.fill(shape, x.fill, type)
  return graph.emit('Gather', [x, indices], { shape, type }, { axis: int(axis) })
}

/** The numbers 0, 1 ... `length - 1` as a constant. */
export function iota(of: Value, length: number): Value {
  const data: HostArray = Int32Array.from({ length }, (_, index) => index)
  return of.graph.constant(data, [length], 'int32')
}
