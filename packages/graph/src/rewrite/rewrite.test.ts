import { describe, expect, it } from 'vitest'
import { scalar } from '../build/cast.ts'
import { convolution } from '../build/convolution.ts'
import { concat, pad, reshape, slice, transpose } from '../build/layout.ts'
import { binary, unary, where } from '../build/pointwise.ts'
import { product } from '../build/product.ts'
import { reduce } from '../build/reduce.ts'
import { convolutionOf } from '../build/spatial.ts'
import type { Value } from '../graph.ts'
import { Graph } from '../graph.ts'
import { plan } from '../plan.ts'

const input = (graph: Graph, ...shape: number[]): Value => graph.input({}, shape, 'float32')
const operators = (...outputs: Value[]): string[] => plan(outputs).nodes.map(({ op }) => op)

describe('constant folding', () => {
  it('computes uniform values at once, through layout too', () => {
    const graph = new Graph()
    const two = graph.fill([3, 4], 2, 'float32')
    const all = transpose(reshape(binary('Mul', two, scalar(two, 3)), [2, 6]), [1, 0])
    expect(all.fill).toBe(6)
    expect(all.shape).toEqual([6, 2])
    expect(
      slice(
        pad(all, [
          [0, 0],
          [0, 0],
        ]),
        [0, 0],
        [1, 2],
      ).fill,
    ).toBe(6)
    expect(reduce('ReduceSum', all, [0], false).fill).toBe(36)
    expect(concat([all, all], 0).fill).toBe(6)
    expect(graph.nodeCount).toBe(0)
  })
  it('drops neutral elements, and only where the shape stays', () => {
    const graph = new Graph()
    const x = input(graph, 1, 4)
    expect(binary('Mul', x, graph.fill([], 1, 'float32'))).toBe(x)
    expect(binary('Add', graph.fill([1, 4], 0, 'float32'), x)).toBe(x)
    expect(operators(binary('Add', x, graph.fill([3, 4], 0, 'float32')))).toEqual(['Expand'])
    expect(operators(binary('Sub', graph.fill([], 0, 'float32'), x))).toEqual(['Sub'])
    expect(where(graph.fill([4], 1, 'bool'), x, x)).toBe(x)
  })
  it('keeps large zeros out of the bytes', () => {
    const graph = new Graph()
    const x = input(graph, 1000, 1000)
    const y = binary('Max', x, graph.constant(new Float32Array(1_000_000), [1000, 1000], 'float32'))
    expect(plan([y]).constants.map(({ shape }) => shape)).toEqual([[]])
  })
})

describe('common subexpressions', () => {
  it('are one node, with equal attributes only', () => {
    const graph = new Graph()
    const x = input(graph, 2, 3)
    expect(unary('Exp', x)).toBe(unary('Exp', x))
    expect(reduce('ReduceSum', x, [0], true)).not.toBe(reduce('ReduceSum', x, [0], false))
  })
})

describe('transposes', () => {
  it('cancel across elementwise operators with scalars, channels and other transposed operands', () => {
    const graph = new Graph()
    const x = input(graph, 2, 3, 4, 5)
    const last = transpose(x, [0, 2, 3, 1])
    const bias = input(graph, 3)
    const y = unary('Relu', binary('Add', binary('Mul', last, scalar(last, 2)), bias))
    const z = transpose(binary('Add', y, last), [0, 3, 1, 2])
    expect(operators(z)).not.toContain('Transpose')
    expect(z.shape).toEqual([2, 3, 4, 5])
  })
  it('vanish between two convolutions', () => {
    const graph = new Graph()
    const x = input(graph, 2, 8, 8, 3)
    const conv = (t: Value, out: number): Value => {
      const shape = [3, 3, t.shape[3] as number, out]
      return convolution(
        t,
        input(graph, ...shape),
        convolutionOf(t.shape, shape, { strides: 1, pad: 'same' }),
      )
    }
    const y = conv(unary('Relu', binary('Add', conv(x, 4), input(graph, 4))), 5)
    // One in front, one behind, and one for each filter.
    expect(operators(y).filter((op) => op === 'Transpose')).toHaveLength(4)
  })
  it('become flags of a product, and vanish in a reduction', () => {
    const graph = new Graph()
    const [a, b] = [input(graph, 5, 3), input(graph, 5, 4)]
    expect(operators(product(transpose(a, [1, 0]), b))).toEqual(['Product'])
    expect(
      operators(reduce('ReduceSum', transpose(input(graph, 2, 3, 4), [0, 2, 1]), [0, 1], false)),
    ).not.toContain('Transpose')
  })
})

it('a plan holds live nodes only, each after those it needs, however deep', () => {
  const graph = new Graph()
  let x = input(graph, 4)
  unary('Exp', x)
  for (let i = 0; i < 20_000; i++) x = unary(i % 2 === 0 ? 'Tanh' : 'Sin', x)
  const { nodes, peakBytes } = plan([x])
  expect(nodes).toHaveLength(20_000)
  expect(nodes.map(({ op }) => op)).not.toContain('Exp')
  expect(peakBytes).toBe(32)
})

describe('sums of squares', () => {
  it('make no squares, behind a transpose too', () => {
    const graph = new Graph()
    const x = input(graph, 3, 4)
    expect(operators(reduce('ReduceSum', binary('Mul', x, x), [0, 1], false))).toEqual([
      'ReduceSumSquare',
    ])
    const turned = transpose(x, [1, 0])
    expect(operators(reduce('ReduceSum', binary('Mul', turned, turned), [0, 1], false))).toContain(
      'ReduceSumSquare',
    )
    const y = input(graph, 3, 4)
    expect(operators(reduce('ReduceSum', binary('Mul', x, y), [1], false))).toContain('ReduceSum')
  })
})

describe('the gradient of a weight', () => {
  it('is a product with a transposed copy where that pays, one copy for layers that share their input', () => {
    const products = (graph: Graph, rows: number, columns: number): string[] => {
      const x = input(graph, 256, rows)
      const gradients = [1, 2].map(() => product(x, input(graph, 256, columns), true))
      return operators(...gradients)
    }
    const copied = ['Reshape', 'Transpose', 'Reshape', 'Product', 'Product']
    expect(products(new Graph(), 128, 256)).toEqual(copied)
    const direct = ['Product', 'Product']
    expect(products(new Graph(), 256, 128)).toEqual(direct)
    expect(products(new Graph(), 16, 16)).toEqual(direct)
    expect(products(new Graph(true), 128, 256)).toEqual(direct)
  })
})

describe('sums over leading axes', () => {
  it('are a product with ones, but where operators stay whole', () => {
    const summed = (graph: Graph, axes: number[]): string[] =>
      operators(reduce('ReduceSum', input(graph, 5, 3, 4), axes, true))
    expect(summed(new Graph(), [0, 1])).toEqual(['Reshape', 'Product', 'Reshape'])
    expect(summed(new Graph(true), [0, 1])).toEqual(['ReduceSum'])
    for (const axes of [[1], [0, 2], [0, 1, 2]])
      expect(summed(new Graph(), axes)).toEqual(['ReduceSum'])
  })
})
