/** Training steps through core's gradients: onnx, eager and traced, against tfjs cpu. */
import '@tensorflow/tfjs-backend-cpu'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, higherOrder, valueAndGradient } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { activate } from './activate.ts'
import type { Given } from './testing/compare.ts'
import { compare, floats, integers, traced } from './testing/compare.ts'

/** The loss and every gradient. */
const differentiated =
  (count: number, loss: (...inputs: Tensor[]) => Tensor) =>
  (...inputs: Tensor[]): Tensor[] => {
    const { values, gradients } = valueAndGradient(
      () => ({ loss: loss(...inputs) }),
      inputs.slice(0, count),
    )
    return [values.loss, ...gradients]
  }

const agree = (
  label: string,
  weights: Given[],
  data: Given[],
  loss: (...inputs: Tensor[]) => Tensor,
) => compare(label, differentiated(weights.length, loss), [...weights, ...data], 1e-4)

describe('gradients agree with tfjs cpu', () => {
  it('a variational autoencoder', () =>
    agree(
      'vae',
      [
        floats([12, 8], -0.5, 0.5),
        floats([8]),
        floats([8, 6], -0.5, 0.5),
        floats([3, 8], -0.5, 0.5),
        floats([8, 12], -0.5, 0.5),
      ],
      [floats([5, 12], 0, 1), floats([5, 3])],
      (a, b, c, d, e, x, noise) => {
        const hidden = tf.tanh(tf.add(tf.matMul(x as Tensor2D, a as Tensor2D), b as Tensor))
        const [mean, logVariance] = tf.split(
          tf.matMul(hidden as Tensor2D, c as Tensor2D),
          2,
          1,
        ) as [Tensor, Tensor]
        const z = tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise as Tensor))
        const logits = tf.matMul(tf.relu(tf.matMul(z as Tensor2D, d as Tensor2D)), e as Tensor2D)
        const reconstruction = tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, x as Tensor)))
        const divergence = tf.sum(
          tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1)),
        )
        return tf.div(tf.add(reconstruction, tf.mul(divergence, 0.5)), 5)
      },
    ))

  it('a convolutional autoencoder with pooling and normalisation', () =>
    agree(
      'conv',
      [floats([3, 3, 3, 4]), floats([4]), floats([4, 4, 3, 4]), floats([4], 0.5, 1)],
      [floats([2, 8, 8, 3])],
      (f, b, g, scale, x) => {
        const hidden = tf.relu(
          tf.add(tf.conv2d(x as Tensor4D, f as Tensor4D, 1, 'same'), b as Tensor),
        )
        const pooled = tf.avgPool(tf.maxPool(hidden as Tensor4D, 2, 2, 'same'), 2, 1, 'valid')
        const { mean, variance } = tf.moments(pooled, [0, 1, 2])
        const normal = tf.batchNorm(
          pooled,
          mean as never,
          variance as never,
          undefined,
          scale as never,
          1e-3,
        )
        const back = tf.conv2dTranspose(normal as Tensor4D, g as Tensor4D, [2, 6, 6, 3], 2, 'same')
        return tf.mean(tf.square(back))
      },
    ))

  it('an embedding, attention, a norm and dropped tokens', async () => {
    const [tokens, width, heads] = [6, 8, 2]
    const ids = integers([3, tokens], 0, 4)
    await agree(
      'transformer',
      [
        floats([5, width]),
        floats([width, 3 * width], -0.5, 0.5),
        floats([width], 0.5, 1),
        floats([width]),
      ],
      [ids],
      (table, w, scale, shift, index) => {
        const x = tf.gather(table as Tensor, index as Tensor)
        const centred = tf.sub(x, tf.mean(x, -1, true))
        const variance = tf.mean(tf.square(centred), -1, true)
        const normal = tf.add(
          tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-3))), scale as Tensor),
          shift as Tensor,
        )
        const qkv = tf.reshape(tf.matMul(tf.reshape(normal, [3 * tokens, width]), w as Tensor2D), [
          3,
          tokens,
          3,
          heads,
          width / heads,
        ])
        const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor]
        const mixed = tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v)
        const joined = tf.add(x, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [3, tokens, width]))
        const kept = tf.gather(joined, tf.tensor2d([0, 3, 5, 1, 1, 2], [3, 2], 'int32'), 1, 1)
        return tf.mean(tf.square(tf.mul(kept, tf.erf(kept))))
      },
    )
  })

  it('second order, over two hidden layers', () =>
    compare(
      'penalty',
      (x, a, b) => {
        const energy = (t: Tensor): Tensor =>
          tf.sum(
            tf.sigmoid(
              tf.matMul(
                tf.tanh(tf.matMul(t as Tensor2D, a as Tensor2D)) as Tensor2D,
                b as Tensor2D,
              ),
            ),
          )
        return gradient(
          () =>
            higherOrder(() =>
              tf.sum(tf.square(gradient(() => energy(x as Tensor), [x as Tensor])[0] as Tensor)),
            ),
          [a as Tensor, b as Tensor],
        )
      },
      [floats([4, 3]), floats([3, 5]), floats([5, 2])],
      1e-4,
    ))
})

const bytes = ({ buffer, byteOffset, byteLength }: tf.TypedArray): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

it('the gradient of an embedding whose indices repeat is the same 50 times over', async () => {
  await activate({ threads: 2 })
  const table = floats([2000, 24])
  const ids = integers([30_000], 0, 7)
  const counts = new Map<number, number>()
  for (const id of ids.values) counts.set(id, (counts.get(id) ?? 0) + 1)
  const compute = (t: Tensor, index: Tensor): Tensor =>
    gradient(() => tf.sum(tf.gather(t, index)), [t])[0] as Tensor
  const [result] = await traced(compute as never, [table, ids])
  for (let row = 0; row < 2000; row++)
    expect(result?.values[row * 24 + 5]).toBe(counts.get(row) ?? 0)
  const [t, index] = [tf.tensor(table.values, [2000, 24]), tf.tensor(ids.values, [30_000], 'int32')]
  for (let run = 0; run < 50; run++) {
    const g = compute(t, index)
    expect(Buffer.compare(bytes(await g.data()), bytes(result?.values as Float32Array))).toBe(0)
    g.dispose()
  }
  tf.dispose([t, index])
})
