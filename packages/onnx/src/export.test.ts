import '@tensorflow/tfjs-backend-cpu'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { layerNorm, WinnowError } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { activate } from './activate.ts'
import { floats } from './testing/compare.ts'

type Named = Record<string, Tensor>

/** Runs the file with onnxruntime alone, and compares with tfjs cpu. */
async function roundTrip(
  fn: (inputs: Named) => Named,
  shapes: Record<string, (number | string)[]>,
  sizes: number[],
  tolerance = 1e-5,
  precision: 'float32' | 'float16' = 'float32',
): Promise<Uint8Array> {
  const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]))
  const model = await exportOnnx(fn, specs, { precision })
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 })
  for (const size of sizes) {
    const given = Object.entries(shapes).map(
      ([name, shape]) =>
        [name, floats(shape.map((n) => (typeof n === 'string' ? size : n)))] as const,
    )
    const results = await session.run(
      Object.fromEntries(
        given.map(([name, { shape, values }]) => [
          name,
          new OrtTensor('float32', values as Float32Array, [...shape]),
        ]),
      ),
    )
    const tensors = Object.fromEntries(
      given.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]),
    )
    const expected = fn(tensors)
    for (const [name, want] of Object.entries(expected)) {
      const got = results[name] as OrtTensor
      expect(got.dims).toEqual(want.shape)
      const values = await want.data()
      const worst = Array.from(values).reduce(
        (most, value, at) =>
          Math.max(most, Math.abs(value - Number(got.data[at])) / Math.max(1, Math.abs(value))),
        0,
      )
      expect(worst).toBeLessThan(tolerance)
    }
  }
  await session.release()
  return model
}

const weights = (...shape: number[]): Tensor => {
  const { values } = floats(shape, -0.5, 0.5)
  return tf.tensor(values, shape)
}

for (const backend of ['cpu', 'onnx']) {
  describe(`exportOnnx from ${backend}`, () => {
    const start = async (): Promise<void> => {
      if (backend === 'cpu') await tf.setBackend('cpu')
      else await activate({ threads: 2 })
    }

    it('an mlp, with an open batch', async () => {
      await start()
      const [w, b, v] = [weights(20, 8), weights(8), weights(8, 3)]
      const mlp = ({ x }: Named): Named => {
        const hidden = tf.relu(tf.add(tf.matMul(x as Tensor2D, w as Tensor2D), b))
        const code = tf.matMul(hidden as Tensor2D, v as Tensor2D)
        return { code, norm: tf.mean(tf.square(code)), same: tf.clone(code), twice: code }
      }
      await roundTrip(mlp, { x: ['batch', 20] }, [1, 5, 61])
      await roundTrip(mlp, { x: [4, 20] }, [4])
      expect(tf.getBackend()).toBe(backend)
    })

    it('attention, whose reshapes depend on the batch', async () => {
      await start()
      const [width, heads, tokens] = [8, 2, 5]
      const w = weights(width, 3 * width)
      const mask = weights(1, 1, tokens, tokens)
      const attention = ({ x }: Named): Named => {
        const batch = (x as Tensor).shape[0] as number
        const qkv = tf.reshape(
          tf.matMul(tf.reshape(x as Tensor, [batch * tokens, width]), w as Tensor2D),
          [batch, tokens, 3, heads, width / heads],
        )
        const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor]
        const scores = tf.softmax(tf.add(tf.matMul(q, k, false, true), mask))
        const ones = tf.ones([batch, tokens, 1])
        const mixed = tf.reshape(tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]), [
          batch,
          tokens,
          width,
        ])
        const kept = tf.gather(mixed, tf.topk(tf.sum(mixed, -1), 2).indices, 1, 1)
        return { y: tf.concat([mixed, ones], 2), kept, sum: tf.div(tf.sum(mixed), batch) }
      }
      await roundTrip(attention, { x: ['batch', tokens, width] }, [1, 3, 7])
    })

    it('layer norm, in half precision too', async () => {
      await start()
      const [weight, bias] = [weights(16), weights(16)]
      const net = ({ x }: Named): Named => ({
        y: layerNorm(x as Tensor, { weight, bias, epsilon: 1e-3 }),
      })
      await roundTrip(net, { x: ['batch', 3, 16] }, [1, 4])
      await roundTrip(net, { x: ['batch', 3, 16] }, [4], 2e-2, 'float16')
    })

    it('a convolutional net, in half precision too', async () => {
      await start()
      const [f, g] = [weights(3, 3, 3, 6), weights(4, 4, 3, 6)]
      const net = ({ image }: Named): Named => {
        const code = tf.relu(tf.conv2d(image as Tensor4D, f as Tensor4D, 2, 'same'))
        const [batch] = code.shape
        return {
          code,
          image2: tf.conv2dTranspose(
            code as Tensor4D,
            g as Tensor4D,
            [batch as number, 8, 8, 3],
            2,
            'same',
          ),
        }
      }
      const whole = await roundTrip(net, { image: ['batch', 8, 8, 3] }, [1, 4])
      const half = await roundTrip(net, { image: ['batch', 8, 8, 3] }, [1, 4], 2e-2, 'float16')
      expect(half.length).toBeLessThan(whole.length)
    })

    it('refuses what depends on the batch otherwise', async () => {
      await start()
      const odd = ({ x }: Named): Named => ({
        y: (x as Tensor).shape[0] === 61 ? tf.exp(x as Tensor) : tf.tanh(x as Tensor),
      })
      await expect(exportOnnx(odd, { x: { shape: ['batch', 3] } })).rejects.toThrow(WinnowError)
      await expect(
        exportOnnx(({ x }) => tf.tensor1d((x as Tensor).dataSync()), { x: { shape: [3] } }),
      ).rejects.toThrow(/was read/)
      expect(tf.getBackend()).toBe(backend)
    })
  })
}
