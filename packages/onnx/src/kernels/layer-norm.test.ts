import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, layerNorm } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { activate } from '../activate.ts'
import { compare, exactly, floats } from '../testing/compare.ts'

const epsilon = 1e-5

/** The result, and the gradients of the sum of its squares. */
function withGradients(x: Tensor, weight?: Tensor, bias?: Tensor): Tensor[] {
  const inputs = [x, weight, bias].filter((input) => input !== undefined)
  const normal = (): Tensor => layerNorm(x, { weight, bias, epsilon })
  return [normal(), ...gradient(() => tf.sum(tf.square(normal())), inputs)]
}

describe('layer norm', () => {
  it('is one operator', async () => {
    await activate({ threads: 2 })
    expect(tf.getKernel('LayerNorm', 'onnx')).toBeDefined()
  })

  it.each([
    ['rows', [7, 5]],
    ['tokens', [2, 3, 33]],
    ['many rows', [600, 64]],
    ['one feature', [4, 1]],
  ])('agrees with cpu, gradients included: %s', async (label, shape) => {
    const [features] = shape.slice(-1) as [number]
    const inputs = [floats(shape), floats([features]), floats([features])]
    await compare(label, withGradients as never, inputs, 1e-3)
    await compare(`${label}, alone`, (x) => withGradients(x as Tensor), inputs.slice(0, 1), 1e-4)
    await compare(
      `${label}, with a bias alone`,
      (x, bias) => withGradients(x as Tensor, undefined, bias),
      inputs.slice(0, 2),
      1e-3,
    )
  })

  it('keeps its digits where the mean is large', async () => {
    await activate({ threads: 2 })
    const x = tf.tensor2d(
      Array.from({ length: 256 }, (_, i) => 1000 + Math.sin(1.7 * i)),
      [1, 256],
    )
    const around = tf.sub(x, 1000)
    const error = tf.max(
      tf.abs(tf.sub(layerNorm(x, { epsilon }), layerNorm(around, { epsilon }))),
    ) as Tensor
    // An error of 6e-5 in x itself; E[x²] - E[x]² would be off by tenths.
    expect(error.dataSync()[0]).toBeLessThan(2e-4)
  })

  it('takes rows that are constant, and none', async () => {
    await compare('constant', withGradients as never, [exactly([2, 3], [2, 2, 2, 5, 5, 5])])
    await compare('none', (x) => layerNorm(x as Tensor, { epsilon }), [floats([0, 4])])
  })
})
