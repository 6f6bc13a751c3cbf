/** Batch and local response normalisation. */
import { scalar } from '../build/cast.ts'
import { reshape } from '../build/layout.ts'
import { binary, unary } from '../build/pointwise.ts'
import { product } from '../build/product.ts'
import { sizeOf } from '../element.ts'
import type { Graph, Value } from '../graph.ts'
import { float, int } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'

/** (x - mean) / sqrt(variance + epsilon) * scale + offset. */
const batchNorm: Lowering = (inputs, attributes) => {
  const x = inputs.get('x')
  const variance = inputs.get('variance')
  const epsilon = (attributes['varianceEpsilon'] ?? 0.001) as number
  const deviation = unary('Sqrt', binary('Add', variance, scalar(variance, epsilon)))
  const normal = binary('Div', binary('Sub', x, inputs.get('mean')), deviation)
  const scale = inputs.find('scale')
  const offset = inputs.find('offset')
  const scaled = scale === undefined ? normal : binary('Mul', normal, scale)
  return offset === undefined ? scaled : binary('Add', scaled, offset)
}

/** `[channels, channels]`: ones where two channels are at most `radius` apart. */
function band(graph: Graph, channels: number, radius: number): Value {
  const ones = Float32Array.from({ length: channels ** 2 }, (_, at) =>
    Number(Math.abs(Math.floor(at / channels) - (at % channels)) <= radius),
  )
  return graph.constant(ones, [channels, channels], 'float32')
}

/** Sums of neighbouring channels. */
function neighbours(x: Value, radius: number): Value {
  const channels = x.shape[x.shape.length - 1] as number
  const flat = reshape(x, [sizeOf(x.shape) / channels, channels])
  return reshape(product(flat, band(x.graph, channels, radius)), x.shape)
}

/** bias + alpha * sum of the neighbours' squares. */
function norm(x: Value, { bias, alpha, depthRadius }: Readonly<Record<string, number>>): Value {
  const squares = neighbours(binary('Mul', x, x), depthRadius as number)
  return binary(
    'Add',
    binary('Mul', squares, scalar(x, alpha as number)),
    scalar(x, bias as number),
  )
}

const localResponse: Lowering = (inputs, attributes) => {
  const x = inputs.get('x')
  return binary('Mul', x, binary('Pow', norm(x, attributes), scalar(x, -attributes['beta'])))
}

const localResponseGradient: Lowering = (inputs, attributes) => {
  const [x, y, dy] = [inputs.get('x'), inputs.get('y'), inputs.get('dy')]
  const { alpha, beta, depthRadius } = attributes
  const scale = norm(x, attributes)
  const own = binary('Mul', dy, binary('Pow', scale, scalar(x, -beta)))
  const shared = neighbours(binary('Div', binary('Mul', dy, y), scale), depthRadius)
  return binary('Sub', own, binary('Mul', binary('Mul', x, shared), scalar(x, 2 * alpha * beta)))
}

/**
 * Our own kernel of core's `layerNorm`: the result, x - mean and 1 / deviation. ONNX Runtime's operator is one pass, and
 * keeps its digits where the mean is large.
 */
const layerNorm: Lowering = (inputs, attributes, graph) => {
  const x = inputs.get('x')
  const features = x.shape[x.shape.length - 1] as number
  const moment = { shape: [...x.shape.slice(0, -1), 1], type: x.type }
  if (sizeOf(x.shape) === 0) {
    return [x, x, moment].map(({ shape, type }) => graph.fill(shape, 0, type))
  }
  const weight = inputs.find('weight') ?? graph.fill([features], 1, x.type)
  const operands = [x, weight, inputs.find('bias')].filter((operand) => operand !== undefined)
  const [y, mean, inverse] = graph.emitMany('LayerNormalization', operands, [x, moment, moment], {
    axis: int(-1),
    epsilon: float(attributes['epsilon'] as number),
  }) as [Value, Value, Value]
  return [y, binary('Sub', x, mean), inverse]
}

export const normalizationKernels: Lowerings = {
  FusedBatchNorm: batchNorm,
  LayerNorm: layerNorm,
  LRN: localResponse,
  LRNGrad: localResponseGradient,
}
