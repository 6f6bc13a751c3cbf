/** Pools and their gradients over two or three spatial axes. */
import { cast, scalar } from '../build/cast.ts'
import { reshape } from '../build/layout.ts'
import { binary } from '../build/pointwise.ts'
import type { Spatial } from '../build/spatial.ts'
import { channelsFirst, channelsLast, poolingOf, windowAttributes } from '../build/spatial.ts'
import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import { int, ints, text } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'

function pooledShape({ batch, inChannels, outSizes }: Spatial): number[] {
  return [batch, inChannels, ...outSizes]
}

const maxPool: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('x')
  const spatial = poolingOf(x.shape, attributes)
  const shape = pooledShape(spatial)
  const pooled = graph.emit(
    'MaxPool',
    [channelsFirst(cast(x, 'float32'))],
    { shape, type: 'float32' },
    windowAttributes(spatial),
  )
  return cast(channelsLast(pooled), x.type)
}

/** Mean of the elements of the window that lie inside. */
const averagePool: Lowering = (inputs, attributes, graph) => {
  const x = cast(inputs.get('x'), 'float32')
  const spatial = poolingOf(x.shape, attributes)
  const pooled = graph.emit(
    'AveragePool',
    [channelsFirst(x)],
    { shape: pooledShape(spatial), type: 'float32' },
    { ...windowAttributes(spatial), count_include_pad: int(0) },
  )
  return channelsLast(pooled)
}

/** The gradient goes to the first largest element of each window; windows may overlap, so it is added up. */
const maxPoolGradient: Lowering = (inputs, attributes, graph) => {
  const [dy, x] = [inputs.get('dy'), inputs.get('input')]
  const spatial = poolingOf(x.shape, attributes)
  const shape = pooledShape(spatial)
  if (sizeOf(shape) === 0) return graph.fill(x.shape, 0, 'float32')
  const outputs = [
    { shape, type: 'float32' as const },
    { shape, type: 'int64' as const },
  ]
  const first = channelsFirst(cast(x, 'float32'))
  const places = graph.emitMany('MaxPool', [first], outputs, windowAttributes(spatial))[1] as Value
  const flat = (value: Value): Value => reshape(value, [sizeOf(shape)])
  const size = sizeOf(x.shape)
  const scattered = graph.emit(
    'ScatterElements',
    [graph.fill([size], 0, 'float32'), flat(places), flat(channelsFirst(dy))],
    { shape: [size], type: 'float32' },
    { axis: int(0), reduction: text('add') },
  )
  return channelsLast(reshape(scattered, first.shape))
}

/** As tfjs has it: each element of the window gets dy divided by the window's full size. */
const averagePoolGradient: Lowering = (inputs, attributes, graph) => {
  const [dy, x] = [inputs.get('dy'), inputs.get('input')]
  const spatial = poolingOf(x.shape, attributes)
  const { batch, inChannels, inSizes, outSizes, filter, rest } = spatial
  if (sizeOf(dy.shape) === 0) return graph.fill(x.shape, 0, 'float32')
  const scaled = binary('Mul', channelsFirst(dy), scalar(dy, 1 / sizeOf(filter)))
  // Every channel is an image of its own, so that one filter serves all.
  const spread = graph.emit(
    'ConvTranspose',
    [
      reshape(scaled, [batch * inChannels, 1, ...outSizes]),
      graph.fill([1, 1, ...filter], 1, 'float32'),
    ],
    { shape: [batch * inChannels, 1, ...inSizes], type: 'float32' },
    { ...windowAttributes(spatial), output_padding: ints(rest) },
  )
  return channelsLast(reshape(spread, [batch, inChannels, ...inSizes]))
}

export const poolingKernels: Lowerings = {
  MaxPool: maxPool,
  MaxPool3D: maxPool,
  MaxPoolGrad: maxPoolGradient,
  MaxPool3DGrad: maxPoolGradient,
  AvgPool: averagePool,
  AvgPool3D: averagePool,
  AvgPoolGrad: averagePoolGradient,
  AvgPool3DGrad: averagePoolGradient,
}
