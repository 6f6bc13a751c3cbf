import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../use-backend.ts'
import type { Replacement } from './replacement.ts'
import type { Result } from './testing.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { webgpuCumulative } from './webgpu-cumulative.ts'
import { webgpuManyAxes } from './webgpu-many-axes.ts'
import { webgpuMatMul } from './webgpu-matmul.ts'
import { webgpuReduction } from './webgpu-reduction.ts'
import { webgpuSmallArgument } from './webgpu-small-argument.ts'
import { webgpuTranspose } from './webgpu-transpose.ts'

// The conformance suite holds these kernels to cpu; here, that the stock ones do not pass.

beforeAll(async () => {
  await useBackend('cpu')
  await useBackend({ name: 'webgpu', software: true })
  // Small tensors would be computed on the processor otherwise, and no shader be tested.
  tf.env().set('WEBGPU_CPU_FORWARD', false)
  await tf.setBackend('cpu')
})

/** What the stock kernels give, or the error of the device. */
async function stockOf(
  replacements: readonly Replacement[],
  compute: () => Tensor,
): Promise<Result | string> {
  const { device } = tf.findBackend('webgpu') as unknown as { device: GPUDevice }
  // Caught in a scope, or the guard would refuse every later result.
  device.pushErrorScope('validation')
  let result: Result | string
  try {
    result = await runStock('webgpu', replacements, compute)
  } catch (thrown) {
    result = String(thrown)
  }
  const error = await device.popErrorScope()
  return error === null ? result : error.message
}

async function expectMended(
  replacements: readonly Replacement[],
  compute: () => Tensor,
  least = 0.01,
): Promise<string> {
  const expected = await runOn('cpu', compute)
  expect(difference(await runOn('webgpu', compute), expected)).toBeLessThan(1e-5)
  const stock = await stockOf(replacements, compute)
  if (typeof stock === 'string') return stock
  expect(difference(stock, expected)).toBeGreaterThan(least)
  return ''
}

const whole = (): Tensor => new Samples(1).integers([2, 3, 4], 100)

test('a transpose of int32, and one of a cast mask', async () => {
  const turned = (): Tensor => tf.transpose(whole(), [1, 0, 2])
  expect(await expectMended([webgpuTranspose], turned)).toMatch(/WGSL|[Ii]nvalid/)
  const mask = (): Tensor => tf.transpose(tf.cast(tf.greater(whole(), 50), 'float32'), [2, 1, 0])
  expect(await expectMended([webgpuTranspose], mask)).toMatch(/WGSL|[Ii]nvalid/)
})

test('reductions of int32 over the first axis, and of nothing', async () => {
  const places = (): Tensor => tf.sum(whole(), 0)
  expect(await expectMended(webgpuReduction, places)).toMatch(/WGSL|[Ii]nvalid/)
  const nothing = (): Tensor => tf.sum(tf.tensor([], [0, 3]), 0)
  expect(await expectMended(webgpuReduction, nothing)).toMatch(/NaN/)
})

test('sums from the end, of another extent than the first ones', async () => {
  const sums = (extent: number) => (): Tensor =>
    tf.cumsum(new Samples(2).uniform([3, extent]), 1, false, true)
  await stockOf(webgpuCumulative, sums(3))
  expect(await expectMended(webgpuCumulative, sums(9))).toBe('')
})

test('sums along an axis that is counted from the end', async () => {
  const sums = (): Tensor => tf.cumsum(new Samples(2).uniform([2, 3, 4]), -2)
  const expected = await runOn('cpu', sums)
  expect(difference(await runOn('webgpu', sums), expected)).toBeLessThan(1e-5)
})

const five = (): Tensor => new Samples(5).uniform([2, 2, 3, 2, 2])
const noPadding: [number, number] = [0, 0]

test.each<[string, (x: Tensor) => Tensor]>([
  ['padding', (x) => tf.pad(x, [noPadding, [1, 2], noPadding, [2, 0], [0, 1]], 7)],
  [
    'a strided slice',
    (x) => tf.stridedSlice(x, [0, 0, 2, 1, 0], [2, 2, -4, 2, 2], [1, 1, -2, 1, 1]),
  ],
  ['a choice', (x) => tf.where(tf.greater(x, 0.1), x, tf.neg(x))],
  ['a reverse', (x) => tf.reverse(x, [1, -1])],
  ['a sum so far', (x) => tf.cumsum(x, 2, true)],
])('%s beyond four axes', async (_, op) => {
  const stock = await expectMended([...webgpuManyAxes, ...webgpuCumulative], () => op(five()))
  expect(stock).toMatch(/WGSL|[Ii]nvalid|not yet supported|product of shape/)
})

// The stock kernel reads the tensor back, of which the device may be lost.
test('a tile beyond four axes, after other work', async () => {
  const tiled = (): Tensor => tf.tile(tf.add(five(), 1), [1, 2, 1, 1, 3])
  expect(difference(await runOn('webgpu', tiled), await runOn('cpu', tiled))).toBeLessThan(1e-6)
})

test('products of batches broadcast both ways, and of nothing', async () => {
  const both = (): Tensor => {
    const samples = new Samples(3)
    return tf.matMul(samples.uniform([2, 2, 3, 4]), samples.uniform([2, 1, 4, 5]))
  }
  expect(await expectMended([webgpuMatMul], both)).toBe('')
  const nothing = (): Tensor => tf.matMul(tf.tensor([], [3, 0]), tf.tensor([], [0, 5]))
  expect(await expectMended([webgpuMatMul], nothing)).toMatch(/zero/)
})

test.each([
  ['expm1', tf.expm1],
  ['log1p', tf.log1p],
])('%s of a small argument', async (_, op) => {
  const compute = (): Tensor => {
    const x = tf.tensor([1e-3, -1e-4, 1e-6, 1e-8, 0.19, -0.19, 0.21, -0.5, 2])
    return tf.div(op(x), x)
  }
  expect(await expectMended(webgpuSmallArgument, compute, 1e-3)).toBe('')
  const none = await runOn('webgpu', () => op(tf.tensor([], [0, 3])))
  expect(none).toMatchObject({ shape: [0, 3], dtype: 'float32', values: new Float32Array(0) })
})
