/**
 * Convolutions as one matrix product over all images ("im2col"): one Gather lays out what each place of the output sees,
 * and a few take the shares back. Everything stays channels last. With strides the copies are few times the image, and
 * the product is several times as fast as ONNX Runtime's convolution, which makes one for each image.
 */
import { sizeOf } from '../element.ts'
import type { Graph, Value } from '../graph.ts'
import { gather, pad, reshape } from './layout.ts'
import { binary } from './pointwise.ts'
import { product } from './product.ts'
import type { Spatial } from './spatial.ts'

/** Copies of the image that are worth their memory. */
const copiesWorth = 4
/** Below this many places of the output, ONNX Runtime's product for each image is far from its best. */
const tinyPlaces = 8

/** Whether a convolution is better made of columns. */
export function worthColumns(graph: Graph, spatial: Spatial): boolean {
  const { batch, filter, inSizes, outSizes } = spatial
  if (graph.portable || batch === 1) return false
  const places = sizeOf(outSizes)
  return places <= tinyPlaces || places * sizeOf(filter) <= copiesWorth * sizeOf(inSizes)
}

/** x `[batch, ...inSizes, in]` with a filter `[...window, in, out]`. */
export function columnsForward(x: Value, filter: Value, spatial: Spatial): Value {
  const { batch, outSizes, outChannels } = spatial
  const made = product(columns(x, spatial), matrixOf(filter, spatial))
  return reshape(made, [batch, ...outSizes, outChannels])
}

/** Gradient by the filter `[...window, in, out]`. */
export function columnsFilter(x: Value, dy: Value, spatial: Spatial): Value {
  const { batch, filter, outSizes, inChannels, outChannels } = spatial
  const rows = reshape(dy, [batch * sizeOf(outSizes), outChannels])
  const made = product(columns(x, spatial), rows, true)
  return reshape(made, [...filter, inChannels, outChannels])
}

/** Gradient by the input: each place's shares, gathered by those who get them and added. */
export function columnsInput(dy: Value, filter: Value, spatial: Spatial): Value {
  const { batch, inSizes, outSizes, inChannels, outChannels } = spatial
  const taps = sizeOf(spatial.filter)
  const { turns, missing } = receivers(spatial)
  const flat = reshape(dy, [batch, sizeOf(outSizes), outChannels])
  // A place without a gradient, for those who get fewer shares than others.
  const given = missing ? withZeros(flat) : flat
  const places = given.shape[1] as number
  const rows = reshape(given, [batch * places, outChannels])
  const shares = reshape(product(rows, matrixOf(filter, spatial), false, true), [
    batch,
    places * taps,
    inChannels,
  ])
  const received = turns.map((indices, turn) =>
    gather(shares, indexOf(dy.graph, `receivers ${turn} ${shapeKey(spatial)}`, indices), 1),
  )
  // Sums of two are several times as fast as ONNX Runtime's reduction of an axis in the middle.
  const sum = received.reduce((a, b) => binary('Add', a, b))
  return reshape(sum, [batch, ...inSizes, inChannels])
}

/** What each place of the output sees: `[batch * places, taps * in]`. */
function columns(x: Value, spatial: Spatial): Value {
  const { batch, inSizes, outSizes, inChannels } = spatial
  const outside = sizeOf(inSizes)
  const seen = senders(spatial)
  const flat = reshape(x, [batch, outside, inChannels])
  const given = seen.includes(outside) ? withZeros(flat) : flat
  const index = indexOf(x.graph, `senders ${shapeKey(spatial)}`, seen)
  const rows = batch * sizeOf(outSizes)
  return reshape(gather(given, index, 1), [rows, sizeOf(spatial.filter) * inChannels])
}

/** For each place of the output and each place of the window, the place of the input; the number of them if outside. */
function senders({ inSizes, outSizes, filter, strides, dilations, before }: Spatial): number[] {
  const outside = sizeOf(inSizes)
  const windows = indices(filter)
  return indices(outSizes).flatMap((place) =>
    windows.map((tap) => {
      let at = 0
      for (const [axis, size] of inSizes.entries()) {
        const from = (place[axis] as number) * (strides[axis] as number)
        const i = from + (tap[axis] as number) * (dilations[axis] as number) - (before[axis] ?? 0)
        if (i < 0 || i >= size) return outside
        at = at * size + i
      }
      return at
    }),
  )
}

/**
 * The senders turned round: where each place of the input finds its first share, its second and so on, and the first
 * one behind all where it has no more.
 */
function receivers(spatial: Spatial): {
  readonly turns: readonly (readonly number[])[]
  readonly missing: boolean
} {
  const seen = senders(spatial)
  const lists = Array.from({ length: sizeOf(spatial.inSizes) }, (): number[] => [])
  for (const [share, at] of seen.entries()) lists[at]?.push(share)
  const most = Math.max(1, ...lists.map(({ length }) => length))
  const turns = Array.from({ length: most }, (_, turn) =>
    lists.map((list) => list[turn] ?? seen.length),
  )
  return { turns, missing: lists.some(({ length }) => length < most) }
}

/** Every index of an array of this shape, in order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  )
}

/** `[batch, places, channels]` with one more place of zeros. */
function withZeros(x: Value): Value {
  return pad(x, [
    [0, 0],
    [0, 1],
    [0, 0],
  ])
}

function matrixOf(filter: Value, { outChannels }: Spatial): Value {
  return reshape(filter, [sizeOf(filter.shape) / outChannels, outChannels])
}

const known = new WeakMap<Graph, Map<string, Int32Array>>()

/** One constant for equal lists of indices, so that equal gathers are one node. */
function indexOf(graph: Graph, key: string, list: readonly number[]): Value {
  const arrays = known.get(graph) ?? new Map<string, Int32Array>()
  known.set(graph, arrays)
  const array = arrays.get(key) ?? Int32Array.from(list)
  arrays.set(key, array)
  return graph.constant(array, [array.length], 'int32')
}

function shapeKey({ inSizes, outSizes, filter, strides, dilations, before }: Spatial): string {
  return [inSizes, outSizes, filter, strides, dilations, before].join(' ')
}
