/** Reductions, scans, softmax, counts. */
import { cast, scalar } from '../build/cast.ts'
import { concat, reshape, slice, transpose } from '../build/layout.ts'
import { binary } from '../build/pointwise.ts'
import { argument, normalizeAxes, reduce } from '../build/reduce.ts'
import { segmentSum } from '../build/segments.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'
import type { KernelAttributes, KernelInputs, Lowering, Lowerings } from '../kernel.ts'

function over(inputs: KernelInputs, attributes: KernelAttributes): [Value, number[], boolean] {
  const x = inputs.get('x')
  const axes = (attributes['axis'] ?? attributes['reductionIndices']) as number | number[]
  return [x, normalizeAxes(axes, x.shape.length), attributes['keepDims'] === true]
}

const sum: Lowering = (inputs, attributes) => {
  const [x, axes, keep] = over(inputs, attributes)
  return reduce('ReduceSum', cast(x, x.type === 'bool' ? 'int32' : x.type), axes, keep)
}

const mean: Lowering = (inputs, attributes) => {
  const [x, axes, keep] = over(inputs, attributes)
  return reduce('ReduceMean', cast(x, 'float32'), axes, keep)
}

/** Product, maximum and minimum keep the type. */
function extreme(op: string): Lowering {
  return (inputs, attributes) => {
    const [x, axes, keep] = over(inputs, attributes)
    if (x.type === 'bool')
      return cast(reduce(op, cast(x, 'int32'), axes, keep), op === 'ReduceProd' ? 'int32' : 'bool')
    return reduce(op, x, axes, keep)
  }
}

/** `all` is the least, `any` the greatest of zeros and ones. */
function quantifier(op: string, ofNothing: number): Lowering {
  return (inputs, attributes, graph) => {
    const [x, axes, keep] = over(inputs, attributes)
    const result = reduce(op, cast(cast(x, 'bool'), 'int32'), axes, keep)
    const empty = axes.some((axis) => x.shape[axis] === 0)
    return empty ? graph.fill(result.shape, ofNothing, 'bool') : cast(result, 'bool')
  }
}

function extremeIndex(op: 'ArgMax' | 'ArgMin'): Lowering {
  return (inputs, { axis }) => {
    const x = inputs.get('x')
    const [first] = normalizeAxes(axis as number, x.shape.length) as [number]
    return argument(op, cast(x, x.type === 'bool' ? 'int32' : x.type), first)
  }
}

const cumulativeSum: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('x')
  const [axis] = normalizeAxes(attributes['axis'] as number, x.shape.length) as [number]
  const type = x.type === 'bool' ? 'int32' : x.type
  return graph.emit(
    'CumSum',
    [cast(x, type), graph.fill([], axis, 'int64')],
    { shape: x.shape, type },
    {
      exclusive: int(Number(attributes['exclusive'] === true)),
      reverse: int(Number(attributes['reverse'] === true)),
    },
  )
}

/** Products of growing windows: after k rounds each element is the product of the 2^k before it. */
const cumulativeProduct: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('x')
  const [axis] = normalizeAxes(attributes['axis'] as number, x.shape.length) as [number]
  const reverse = attributes['reverse'] === true
  const length = x.shape[axis] as number
  const shifted = (value: Value, by: number): Value => {
    const begin = value.shape.map((_, index) => (index === axis && reverse ? by : 0))
    const size = value.shape.map((n, index) => (index === axis ? n - by : n))
    const ones = graph.fill(
      value.shape.map((n, index) => (index === axis ? by : n)),
      1,
      value.type,
    )
    const rest = slice(value, begin, size)
    return concat(reverse ? [rest, ones] : [ones, rest], axis)
  }
  if (length === 0) return x
  let product = attributes['exclusive'] === true ? shifted(x, 1) : x
  for (let by = 1; by < length; by *= 2) product = binary('Mul', product, shifted(product, by))
  return product
}

const softmax: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('logits')
  const axis = (attributes['dim'] ?? attributes['axis'] ?? -1) as number
  const last = normalizeAxes(axis, x.shape.length)[0] as number
  return graph.emit(
    'Softmax',
    [cast(x, 'float32')],
    { shape: x.shape, type: 'float32' },
    { axis: int(last) },
  )
}

/** Counts, or sums of weights, of each number from 0 to size - 1; others are not counted. */
const bincount: Lowering = (inputs, attributes, graph) => {
  const [x, weights] = [inputs.get('x'), inputs.get('weights')]
  const size = attributes['size'] as number
  const rows = x.shape.length === 2 ? (x.shape[0] as number) : 1
  const columns = x.shape[x.shape.length - 1] ?? 1
  const count = rows * columns
  const type = weights.shape.includes(0)
    ? attributes['binaryOutput'] === undefined
      ? weights.type
      : 'float32'
    : weights.type
  const values = weights.shape.includes(0)
    ? graph.fill([count], 1, type)
    : cast(reshape(weights, [count]), type)
  const flat = reshape(x, [count])
  let ids = flat
  if (rows > 1) {
    // Row r counts into bins r * size and on; what is out of range must not fall into a neighbour's bins.
    const offsets = graph.constant(
      Int32Array.from({ length: count }, (_, i) => Math.floor(i / columns) * size),
      [count],
      'int32',
    )
    const inside = binary(
      'And',
      binary('GreaterOrEqual', flat, scalar(flat, 0), 'bool'),
      binary('Less', flat, scalar(flat, size), 'bool'),
      'bool',
    )
    ids = graph.emit('Where', [inside, binary('Add', flat, offsets), scalar(flat, -1)], {
      shape: [count],
      type: 'int32',
    })
  }
  const bins = segmentSum(values, ids, rows * size)
  const result = attributes['binaryOutput'] === true ? cast(cast(bins, 'bool'), type) : bins
  return reshape(result, x.shape.length === 2 ? [rows, size] : [size])
}

const transposeKernel: Lowering = (inputs, { perm }) => transpose(inputs.get('x'), perm as number[])

export const reductionKernels: Lowerings = {
  Sum: sum,
  Mean: mean,
  Prod: extreme('ReduceProd'),
  Max: extreme('ReduceMax'),
  Min: extreme('ReduceMin'),
  All: quantifier('ReduceMin', 1),
  Any: quantifier('ReduceMax', 0),
  ArgMax: extremeIndex('ArgMax'),
  ArgMin: extremeIndex('ArgMin'),
  Cumsum: cumulativeSum,
  Cumprod: cumulativeProduct,
  Softmax: softmax,
  Bincount: bincount,
  DenseBincount: bincount,
  Transpose: transposeKernel,
}
