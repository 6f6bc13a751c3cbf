/** Convolutions and their gradients over two or three spatial axes, channels last outside and first inside. */
import { sizeOf } from '../element.ts'
import type { Attributes, Value } from '../graph.ts'
import { int, ints } from '../graph.ts'
import { transposedSource } from '../rewrite/transposes.ts'
import { columnsFilter, columnsForward, columnsInput, worthColumns } from './columns.ts'
import { concat, pad, reshape, slice, transpose } from './layout.ts'
import { binary } from './pointwise.ts'
import { product } from './product.ts'
import { reduce } from './reduce.ts'
import type { Spatial } from './spatial.ts'
import { channelsFirst, channelsLast, windowAttributes } from './spatial.ts'

/** `[...window, in, out]` to `[out, in, ...window]`. */
function filterFirst(filter: Value): Value {
  const rank = filter.shape.length
  return transpose(filter, [
    rank - 1,
    rank - 2,
    ...Array.from({ length: rank - 2 }, (_, axis) => axis),
  ])
}

/** `[...window, channels, multiplier]` to `[channels * multiplier, 1, ...window]`. */
function depthwiseFilterFirst(filter: Value): Value {
  const rank = filter.shape.length
  const window = Array.from({ length: rank - 2 }, (_, axis) => axis)
  const moved = transpose(filter, [rank - 2, rank - 1, ...window])
  return reshape(moved, [sizeOf(moved.shape.slice(0, 2)), 1, ...moved.shape.slice(2)])
}

function isPointwise(spatial: Spatial): boolean {
  const { filter, strides, before, after } = spatial
  return (
    [...filter, ...strides].every((n) => n === 1) && [...before, ...after].every((n) => n === 0)
  )
}

/** x `[batch, ...sizes, in]`, filter `[...window, in, out]`. */
export function convolution(x: Value, filter: Value, spatial: Spatial): Value {
  const { batch, outSizes, outChannels, inChannels } = spatial
  if (isPointwise(spatial) && transposedSource(x) === undefined) {
    const flat = product(
      reshape(x, [sizeOf(x.shape) / inChannels, inChannels]),
      reshape(filter, [inChannels, outChannels]),
    )
    return reshape(flat, [batch, ...outSizes, outChannels])
  }
  if (worthColumns(x.graph, spatial)) return columnsForward(x, filter, spatial)
  return grouped(x, filterFirst(filter), spatial, 1, outChannels)
}

/** Each input channel has filters of its own: filter `[...window, channels, multiplier]`. */
export function depthwiseConvolution(x: Value, filter: Value, spatial: Spatial): Value {
  return grouped(x, depthwiseFilterFirst(filter), spatial, spatial.inChannels, spatial.outChannels)
}

function grouped(
  x: Value,
  weights: Value,
  spatial: Spatial,
  group: number,
  channels: number,
): Value {
  const shape = [spatial.batch, channels, ...spatial.outSizes]
  const attributes: Attributes = { ...windowAttributes(spatial), group: int(group) }
  return channelsLast(
    x.graph.emit('Conv', [channelsFirst(x), weights], { shape, type: x.type }, attributes),
  )
}

/** Gradient by the input, which is the transposed convolution too. dy `[batch, ...outSizes, out]`. */
export function convolutionInput(dy: Value, filter: Value, spatial: Spatial): Value {
  if (isPointwise(spatial) && transposedSource(dy) === undefined) {
    const { outChannels, inChannels, batch, inSizes } = spatial
    const flat = reshape(dy, [sizeOf(dy.shape) / outChannels, outChannels])
    return reshape(product(flat, reshape(filter, [inChannels, outChannels]), false, true), [
      batch,
      ...inSizes,
      inChannels,
    ])
  }
  return worthColumns(dy.graph, spatial)
    ? columnsInput(dy, filter, spatial)
    : groupedInput(dy, filterFirst(filter), spatial, 1)
}

export function depthwiseConvolutionInput(dy: Value, filter: Value, spatial: Spatial): Value {
  return groupedInput(dy, depthwiseFilterFirst(filter), spatial, spatial.inChannels)
}

function groupedInput(dy: Value, weights: Value, spatial: Spatial, group: number): Value {
  const { batch, inChannels, inSizes, rest } = spatial
  const attributes: Attributes = {
    ...windowAttributes(spatial),
    group: int(group),
    output_padding: ints(rest),
  }
  const shape = [batch, inChannels, ...inSizes]
  const result = dy.graph.emit(
    'ConvTranspose',
    [channelsFirst(dy), weights],
    { shape, type: dy.type },
    attributes,
  )
  return channelsLast(result)
}

/** For each place of the window, in order, what it sees of x: `[batch, ...outSizes, in]`. */
function patches(x: Value, spatial: Spatial): Value[] {
  const { batch, filter, strides, dilations, before, after, inChannels, outSizes } = spatial
  const padded = pad(x, [
    [0, 0],
    ...before.map((n, axis) => [n, after[axis] as number] as const),
    [0, 0],
  ])
  const places = filter.reduce<number[][]>(
    (all, size) => all.flatMap((place) => Array.from({ length: size }, (_, at) => [...place, at])),
    [[]],
  )
  return places.map((place) =>
    slice(
      padded,
      [0, ...place.map((at, axis) => at * (dilations[axis] as number)), 0],
      [batch, ...outSizes, inChannels],
      [1, ...strides, 1],
    ),
  )
}

/** From so many places on, a product for each image is faster than one over all of them. */
const placesForBatch = 64

/**
 * Gradient by the filter: for each place of the window, the product of dy with what that place sees of x.
 *
 * dy comes channels first, which costs nothing behind another convolution, so that neither operand is transposed in the
 * product: with long rows that is half as fast again as one product with all patches side by side.
 */
export function convolutionFilter(x: Value, dy: Value, spatial: Spatial): Value {
  const { batch, outSizes, filter, inChannels, outChannels } = spatial
  if (worthColumns(x.graph, spatial)) return columnsFilter(x, dy, spatial)
  const places = sizeOf(outSizes)
  const perImage = places >= placesForBatch
  const rows = perImage ? [batch, places] : [batch * places]
  const first = channelsFirst(dy)
  const gradient = perImage
    ? reshape(first, [batch, outChannels, places])
    : reshape(transpose(reshape(first, [batch, outChannels, places]), [1, 0, 2]), [
        outChannels,
        batch * places,
      ])
  const taps = patches(x, spatial).map((patch) => {
    const tap = product(gradient, reshape(patch, [...rows, inChannels]))
    const summed = perImage ? reduce('ReduceSum', tap, [0], false) : tap
    return reshape(summed, [1, outChannels, inChannels])
  })
  return reshape(transpose(concat(taps, 0), [0, 2, 1]), [...filter, inChannels, outChannels])
}

/** Gradient by a depthwise filter, `[...window, channels, multiplier]`. */
export function depthwiseConvolutionFilter(x: Value, dy: Value, spatial: Spatial): Value {
  const { batch, outSizes, filter, inChannels, outChannels } = spatial
  const rows = batch * sizeOf(outSizes)
  const multiplier = outChannels / inChannels
  const gradient = reshape(dy, [rows, inChannels, multiplier])
  const taps = patches(x, spatial).map((patch) =>
    reduce('ReduceSum', binary('Mul', reshape(patch, [rows, inChannels, 1]), gradient), [0], true),
  )
  return reshape(concat(taps, 0), [...filter, inChannels, multiplier])
}
