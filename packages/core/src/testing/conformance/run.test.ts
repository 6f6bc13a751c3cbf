import '@tensorflow/tfjs-backend-cpu'
import type { KernelConfig, KernelFunc, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { useBackend } from '../../backend/use-backend.ts'
import { casesOf } from './case.ts'
import { conformanceCases } from './cases/index.ts'
import { unexpectedResults } from './known.ts'
import type { ConformanceRow } from './run.ts'
import { runConformance } from './run.ts'
import { floats } from './sample.ts'
import { elementwise } from './truth.ts'

// The suite must see a kernel that is wrong, one that is missing and one that leaks: each is broken here on purpose.

let mend: () => void = () => {}

beforeAll(async () => {
  await useBackend('cpu')
  await useBackend('wasm')
})
afterEach(() => mend())

/** Replaces a kernel until the end of the test. */
function breakKernel(
  name: string,
  backend: string,
  make?: (stock: KernelFunc) => KernelFunc,
): void {
  const stock = tf.getKernel(name, backend) as KernelConfig
  tf.unregisterKernel(name, backend)
  if (make !== undefined) tf.registerKernel({ ...stock, kernelFunc: make(stock.kernelFunc) })
  mend = () => {
    if (make !== undefined) tf.unregisterKernel(name, backend)
    tf.registerKernel(stock)
    mend = () => {}
  }
}

const named = (part: string): typeof conformanceCases =>
  conformanceCases.filter(({ name }) => name.startsWith(part))

const failed = (rows: readonly ConformanceRow[]): string[] =>
  rows.filter(({ result }) => result !== 'pass').map(({ name }) => name)

/** The stock kernel run on the inputs in another order, or with other attributes. */
const altered =
  (change: (args: Parameters<KernelFunc>[0]) => Parameters<KernelFunc>[0]) =>
  (stock: KernelFunc): KernelFunc =>
  (args) =>
    stock(change(args))

test('a kernel that exchanges its operands is seen, in values and in what follows from them', async () => {
  breakKernel(
    'Sub',
    'wasm',
    altered((args) => ({ ...args, inputs: { a: args.inputs['b'], b: args.inputs['a'] } as never })),
  )
  const rows = await runConformance('wasm', { cases: named('Sub') })
  expect(failed(rows)).toContain('Sub')
  expect(failed(rows)).toContain('Sub of int32')
  expect(rows[0]?.reason).toMatch(/differs by/)
})

test('a gradient kernel that shifts its window is seen in the gradient and not in the value', async () => {
  breakKernel(
    'AvgPoolGrad',
    'wasm',
    altered((args) => ({ ...args, attrs: { ...args.attrs, strides: 1, pad: 'same' } })),
  )
  const rows = await runConformance('wasm', { cases: named('avgPool 2, stride 2') })
  expect(failed(rows)).toEqual([
    'avgPool 2, stride 2, valid, gradient',
    'avgPool 2, stride 2, valid, second gradient',
  ])
})

test('a wrong kernel of cpu itself does not become the truth', async () => {
  breakKernel(
    'BatchMatMul',
    'cpu',
    altered((args) => ({ ...args, attrs: { ...args.attrs, transposeB: false } })),
  )
  const cases = casesOf('broken', [
    {
      name: 'square, second transposed',
      kernels: ['BatchMatMul'],
      make: () => [floats([3, 3]), floats([3, 3], { seed: 2 })],
      run: (a, b) => tf.matMul(a as Tensor, b as Tensor, false, true),
    },
  ])
  // By finite differences alone, the value having no loop here.
  const rows = await runConformance('cpu', { cases })
  expect(rows.map(({ result }) => result)).toEqual(['reference', 'fail', 'fail'])
  expect(failed(await runConformance('cpu', { cases: named('matMul, second') }))).toContain(
    'matMul, second transposed',
  )
})

test('a missing kernel is absent', async () => {
  breakKernel('Erf', 'wasm')
  const rows = await runConformance('wasm', { cases: named('Erf') })
  expect(rows.map(({ result }) => result)).toEqual(['absent', 'absent', 'absent'])
  expect(rows[0]?.reason).toContain("Kernel 'Erf' not registered")
})

test('another dtype, another shape, a lost NaN and a tensor left behind are failures', async () => {
  const kept: Tensor[] = []
  const backend = (): string => tf.getBackend()
  const make = () => [floats([4])]
  const cases = casesOf('broken', [
    {
      name: 'dtype',
      kernels: [],
      make,
      run: (x) => tf.cast(tf.zerosLike(x as Tensor), backend() === 'cpu' ? 'float32' : 'int32'),
      order: 0,
    },
    {
      name: 'shape',
      kernels: [],
      make,
      run: (x) => tf.reshape(x as Tensor, backend() === 'cpu' ? [2, 2] : [4, 1]),
      order: 0,
    },
    {
      name: 'NaN',
      kernels: [],
      make,
      run: (x) => tf.mul(x as Tensor, 0),
      truth: elementwise(() => Number.NaN),
      order: 0,
    },
    {
      name: 'leak',
      kernels: [],
      make,
      run: (x) => {
        kept.push(tf.keep(tf.clone(x as Tensor)))
        return tf.clone(x as Tensor)
      },
      truth: ([x]) => [x?.values as Float32Array],
      order: 0,
    },
  ])
  const rows = await runConformance('wasm', { cases })
  tf.dispose(kept)
  expect(rows.map(({ reason }) => reason)).toEqual([
    'result 0 is int32, expected float32',
    'result 0 has shape [4,1], expected [2,2]',
    expect.stringMatching(/result 0 at 0 is -?0, expected NaN/),
    '1 tensors were left behind',
  ])
})

test('a backend that was not started is refused, and the active one stays', async () => {
  await expect(runConformance('webgl')).rejects.toThrow("'webgl' has not been started")
  await tf.setBackend('wasm')
  await runConformance('cpu', { cases: named('Abs') })
  expect(tf.getBackend()).toBe('wasm')
})

test('a failure that is not known and a known one that passes are both told', () => {
  const row = { group: 'pools', order: 0, backend: 'wasm', difference: 0 } as const
  const known = 'maxPool3d 2, stride 2, same'
  expect(
    unexpectedResults([
      { ...row, name: known, result: 'fail', reason: 'differs' },
      { ...row, name: 'MaxPool', result: 'pass' },
    ]),
  ).toEqual([])
  expect(
    unexpectedResults([
      { ...row, name: known, result: 'pass' },
      { ...row, name: 'MaxPool', result: 'absent', reason: 'not registered' },
    ]),
  ).toEqual([`wasm, ${known}: passes by now`, 'wasm, MaxPool: not registered'])
})
