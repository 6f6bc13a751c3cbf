import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { gelu, gradient } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import type { Given } from '../testing/compare.ts'
import { booleans, compare, exactly, floats, integers } from '../testing/compare.ts'

type Unary = (x: Tensor) => Tensor

const special = exactly([9], [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 1e-7, -30])

const everywhere: Record<string, Unary> = {
  abs: tf.abs,
  neg: tf.neg,
  sign: tf.sign,
  square: tf.square,
  ceil: tf.ceil,
  floor: tf.floor,
  round: tf.round,
  exp: tf.exp,
  expm1: tf.expm1,
  relu: tf.relu,
  relu6: tf.relu6,
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sinh: tf.sinh,
  cosh: tf.cosh,
  tanh: tf.tanh,
  sin: tf.sin,
  cos: tf.cos,
  atan: tf.atan,
  asinh: tf.asinh,
  softplus: tf.softplus,
  step: (x) => tf.step(x, 0.3),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  clip: (x) => tf.clipByValue(x, -1, 0.5),
  erf: tf.erf,
  reciprocal: tf.reciprocal,
  isNaN: tf.isNaN,
  isFinite: tf.isFinite,
  isInf: tf.isInf,
  zerosLike: tf.zerosLike,
  onesLike: tf.onesLike,
  prelu: (x) => tf.prelu(x, tf.scalar(0.1)),
}
const positive: Record<string, Unary> = {
  log: tf.log,
  log1p: tf.log1p,
  sqrt: tf.sqrt,
  rsqrt: tf.rsqrt,
  acosh: (x) => tf.acosh(tf.add(x, 1)),
}
const inside: Record<string, Unary> = { acos: tf.acos, asin: tf.asin, atanh: tf.atanh, tan: tf.tan }

// Where ONNX Runtime differs from tfjs on NaN or infinity, by a convention that no caller relies on.
const noSpecial = new Set([
  'sign',
  'selu',
  'elu',
  'erf',
  'sin',
  'cos',
  'relu6',
  'clip',
  'step',
  'prelu',
  'asinh',
  'sinh',
  'round',
])

describe('elementwise kernels of one operand', () => {
  for (const [name, op] of Object.entries(everywhere)) {
    it(name, async () => {
      await compare(name, op, [floats([3, 5])])
      await compare(`${name}, scalar`, op, [floats([])])
      await compare(`${name}, empty`, op, [floats([0, 4])])
      if (!noSpecial.has(name)) await compare(`${name}, special`, op, [special])
      expect(tf.memory().numTensors).toBe(0)
    })
  }
  for (const [name, op] of Object.entries(positive)) {
    it(name, async () => {
      await compare(name, op, [floats([4, 5], 0.01, 3)])
      await compare(`${name}, tiny and huge`, op, [exactly([4], [1e-6, 1e-3, 1e4, 1e9])])
    })
  }
  for (const [name, op] of Object.entries(inside)) {
    it(name, () => compare(name, op, [floats([4, 5], -0.95, 0.95)]))
  }
  it('keeps the digits of a small argument', async () => {
    const small = exactly([4], [1e-6, -1e-6, 3e-4, 1e-8])
    // Relative, not absolute: scaled up before the comparison.
    await compare('log1p', (x) => tf.mul(tf.log1p(x as Tensor), 1e6), [small], 1e-5)
    await compare('expm1', (x) => tf.mul(tf.expm1(x as Tensor), 1e6), [small], 1e-5)
  })
  it('integers and booleans', async () => {
    for (const op of [tf.abs, tf.neg, tf.square, tf.sign, tf.relu] as Unary[])
      await compare('int32', op, [integers([4, 3])])
    await compare('not', (x) => tf.logicalNot(x as Tensor), [booleans([7])])
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      for (const x of [floats([3, 4]), integers([5]), booleans([6])]) {
        await compare(`cast to ${dtype}`, (t) => tf.cast(t as Tensor, dtype), [x])
      }
    }
  })
})

const binaries: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  floorDiv: tf.floorDiv,
  mod: tf.mod,
  squaredDifference: tf.squaredDifference,
  equal: tf.equal,
  notEqual: tf.notEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
}
const shapes: [number[], number[]][] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 1, 3],
    [5, 1],
  ],
  [[], [2, 2]],
  [[0, 3], [3]],
  [[1], [1, 1]],
]

describe('elementwise kernels of two operands', () => {
  for (const [name, op] of Object.entries(binaries)) {
    it(name, async () => {
      for (const [a, b] of shapes) {
        await compare(`${name} [${a}] [${b}]`, op as never, [floats(a), floats(b)])
        await compare(`${name} int32 [${a}] [${b}]`, op as never, [integers(a), integers(b)])
      }
      expect(tf.memory().numTensors).toBe(0)
    })
  }
  it('div, pow, atan2', async () => {
    for (const [a, b] of shapes) {
      await compare('div', tf.div as never, [floats(a), floats(b, 0.5, 2)])
      await compare('div int32', tf.div as never, [integers(a), integers(b, 1, 5)])
      await compare('pow', tf.pow as never, [floats(a, 0.1, 2), floats(b)])
      await compare('atan2', tf.atan2 as never, [floats(a), floats(b)])
    }
    for (const exponent of [2, 0.5, -1, 3, 1, 0]) {
      await compare(`pow ${exponent}`, (x) => tf.pow(x as Tensor, exponent), [floats([5], 0.1, 2)])
    }
    await compare('pow int32', tf.pow as never, [integers([9], -3, 4), integers([9], 0, 5)])
  })
  it('integer division by zero does not end the process', async () => {
    const zeros: Given = { shape: [3], dtype: 'int32', values: Int32Array.from([0, 0, 2]) }
    await compare('floorDiv', tf.floorDiv as never, [integers([3]), zeros])
  })
  it('logic', async () => {
    for (const [a, b] of shapes) {
      await compare('and', tf.logicalAnd as never, [booleans(a), booleans(b)])
      await compare('or', tf.logicalOr as never, [booleans(a), booleans(b)])
      await compare('xor', tf.logicalXor as never, [booleans(a), booleans(b)])
      await compare('equal', tf.equal as never, [booleans(a), booleans(b)])
    }
    await compare('bitwiseAnd', tf.bitwiseAnd as never, [
      integers([6], 0, 99),
      integers([6], 0, 99),
    ])
  })
  it('where, addN, eluGrad', async () => {
    await compare('where', tf.where as never, [booleans([3, 4]), floats([3, 4]), floats([3, 4])])
    await compare('where, broadcast', tf.where as never, [
      booleans([3, 1]),
      floats([3, 4]),
      floats([1, 4]),
    ])
    await compare('where, int32', tf.where as never, [booleans([5]), integers([5]), integers([5])])
    await compare('where, bool', tf.where as never, [booleans([5]), booleans([5]), booleans([5])])
    await compare('addN', (a, b, c) => tf.addN([a, b, c] as Tensor[]), [
      floats([2, 3]),
      floats([2, 3]),
      floats([2, 3]),
    ])
    const eluGrad = (dy: Tensor, y: Tensor) => tf.engine().runKernel('EluGrad', { dy, y }) as Tensor
    await compare('eluGrad', eluGrad as never, [floats([8]), floats([8])])
  })
})

describe('softplus', () => {
  it('keeps the digits of its tail', async () => {
    const tail = exactly([5], [-12, -16.5, -20, -40, -80])
    await compare('tail', (x) => tf.log(tf.softplus(x)), [tail], 1e-6)
  })
})

describe('the gradient of relu', () => {
  it('is the step of its output', async () => {
    await compare('relu', (x) => tf.step(tf.relu(x)), [exactly([4], [-1, 0, 1e-30, 2])])
  })
})

describe('gelu', () => {
  const points = exactly([9], [-1e5, -30, -9.5, -1, 0, 1e-30, 0.5, 9.5, 1e5])
  it.each([
    ['everywhere', points],
    ['on many numbers', floats([200, 65], -5, 5)],
  ])('%s, its gradient too', async (_, x) => {
    await compare('value', gelu, [x], 1e-6)
    await compare('gradient', (t) => gradient(() => tf.sum(gelu(t)), [t]), [x], 1e-6)
  })
})
