/** Whole training runs of a few steps of Adam: losses and every weight must agree. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, valueAndGradient } from '../../../gradients/gradient.ts'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { exactly, floats } from '../sample.ts'

/** The losses of the steps and the weights after them. */
function train(
  loss: (weights: Tensor[]) => Tensor,
  initial: readonly Tensor[],
  steps: number,
): Tensor[] {
  let weights = [...initial]
  let first = weights.map((w) => tf.zerosLike(w))
  let second = weights.map((w) => tf.zerosLike(w))
  const losses: Tensor[] = []
  for (let step = 1; step <= steps; step++) {
    const { values, gradients } = valueAndGradient(() => ({ loss: loss(weights) }), weights)
    losses.push(values.loss)
    first = first.map((m, i) => tf.add(tf.mul(m, 0.9), tf.mul(gradients[i] as Tensor, 0.1)))
    second = second.map((v, i) =>
      tf.add(tf.mul(v, 0.99), tf.mul(tf.square(gradients[i] as Tensor), 0.01)),
    )
    weights = weights.map((w, i) => {
      const mean = tf.div(first[i] as Tensor, 1 - 0.9 ** step)
      const scale = tf.sqrt(tf.div(second[i] as Tensor, 1 - 0.99 ** step))
      return tf.sub(w, tf.div(tf.mul(mean, 0.02), tf.add(scale, 1e-3)))
    })
  }
  return [tf.stack(losses), ...weights]
}

const weightsOf = (...shapes: number[][]): Sample[] =>
  shapes.map((shape, i) => floats(shape, { seed: 20 + i, low: -0.5, high: 0.5 }))

/** A VAE's loss: softplus cross-entropy of logits, KL with the standard normal, the noise as an input. */
const dense: Operation = {
  name: 'dense VAE, 5 steps',
  kernels: ['BatchMatMul', 'Softplus', 'Exp'],
  make: () => [
    floats([6, 8], { low: 0, high: 1 }),
    floats([6, 3], { seed: 2, low: -1.5, high: 1.5 }),
    ...weightsOf([8, 10], [10], [10, 6], [3, 10], [10, 8]),
  ],
  run: (x, noise, ...weights) => {
    const loss = ([w1, b1, w2, w3, w4]: Tensor[]): Tensor => {
      const hidden = tf.tanh(tf.add(tf.matMul(x as Tensor, w1 as Tensor), b1 as Tensor))
      const [mean, log] = tf.split(tf.matMul(hidden, w2 as Tensor), 2, 1) as [Tensor, Tensor]
      const z = tf.add(mean, tf.mul(tf.exp(tf.mul(log, 0.5)), noise as Tensor))
      const logits = tf.matMul(tf.relu(tf.matMul(z, w3 as Tensor)), w4 as Tensor)
      const entropy = tf.sub(tf.softplus(logits), tf.mul(logits, x as Tensor))
      const kl = tf.mul(tf.sub(tf.add(tf.square(mean), tf.exp(log)), tf.add(log, 1)), 0.5)
      return tf.mean(tf.add(tf.sum(entropy, 1), tf.sum(kl, 1)))
    }
    return train(loss, weights, 5)
  },
  order: 0,
  tolerance: 1e-4,
}

const convolutional: Operation = {
  name: 'convolutional autoencoder, 3 steps',
  kernels: ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'],
  make: () => [
    floats([2, 8, 8, 1], { low: 0, high: 1 }),
    ...weightsOf([3, 3, 1, 4], [4], [3, 3, 4, 4], [4, 4, 4, 4], [4, 4, 1, 4]),
  ],
  run: (x, ...weights) => {
    const loss = ([f1, b1, f2, f3, f4]: Tensor[]): Tensor => {
      const down = tf.relu(
        tf.add(tf.conv2d(x as Tensor4D, f1 as Tensor4D, 2, 'same'), b1 as Tensor),
      )
      const code = tf.elu(
        tf.conv2d(tf.maxPool(down as Tensor4D, 2, 1, 'same'), f2 as Tensor4D, 2, 'same'),
      )
      const up = tf.elu(
        tf.conv2dTranspose(code as Tensor4D, f3 as Tensor4D, [2, 4, 4, 4], 2, 'same'),
      )
      const y = tf.sigmoid(
        tf.conv2dTranspose(up as Tensor4D, f4 as Tensor4D, [2, 8, 8, 1], 2, 'same'),
      )
      return tf.mean(tf.squaredDifference(y, x as Tensor))
    }
    return train(loss, weights, 3)
  },
  order: 0,
  tolerance: 1e-4,
}

function normalised(x: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true)
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)))
}

const gelu = (x: Tensor): Tensor =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))

/** Visible tokens by a batched gather, two heads, layer norm, GELU by erf: a masked autoencoder's encoder. */
const attention: Operation = {
  name: 'attention block, 3 steps',
  kernels: ['GatherV2', 'Softmax', 'Erf', 'Transpose'],
  make: () => [
    floats([2, 6, 8]),
    exactly([0, 3, 5, 1, 1, 4, 2, 0], [2, 4], 'int32'),
    ...weightsOf([8, 24], [8, 8], [8, 16], [16, 8]),
  ],
  run: (tokens, visible, ...weights) => {
    const loss = ([qkv, out, up, down]: Tensor[]): Tensor => {
      const x = tf.gather(tokens as Tensor, visible as Tensor, 1, 1)
      const flat = tf.reshape(normalised(x), [8, 8])
      const heads = tf.transpose(
        tf.reshape(tf.matMul(flat, qkv as Tensor), [2, 4, 3, 2, 4]),
        [2, 0, 3, 1, 4],
      )
      const [q, k, v] = tf.unstack(heads, 0) as [Tensor, Tensor, Tensor]
      const weight = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.5))
      const mixed = tf.reshape(tf.transpose(tf.matMul(weight, v), [0, 2, 1, 3]), [8, 8])
      const y = tf.add(tf.reshape(x, [8, 8]), tf.matMul(mixed, out as Tensor))
      const z = tf.matMul(gelu(tf.matMul(normalised(y), up as Tensor)), down as Tensor)
      return tf.mean(tf.square(tf.sub(tf.add(y, z), 0.3)))
    }
    return train(loss, weights, 3)
  },
  order: 0,
  tolerance: 1e-4,
}

/** Codes by argMin and gather, straight through; and a sparse code by topk. */
const quantised: Operation = {
  name: 'vector quantisation and sparse code, 3 steps',
  kernels: ['ArgMin', 'GatherV2', 'UnsortedSegmentSum', 'TopK'],
  make: () => [floats([6, 5]), ...weightsOf([5, 3], [4, 3], [3, 8], [8, 5])],
  run: (x, ...weights) => {
    const loss = ([encoder, codes, wide, decoder]: Tensor[]): Tensor => {
      const z = tf.matMul(x as Tensor, encoder as Tensor)
      const distances = tf.sum(tf.squaredDifference(tf.expandDims(z, 1), codes as Tensor), 2)
      const chosen = tf.gather(codes as Tensor, tf.argMin(distances, 1))
      const hidden = tf.matMul(tf.add(z, chosen), wide as Tensor)
      const { values } = tf.topk(hidden, 3)
      const least = tf.slice(values, [0, 2], [-1, 1])
      const sparse = tf.mul(hidden, tf.cast(tf.greaterEqual(hidden, least), 'float32'))
      const error = tf.squaredDifference(tf.matMul(sparse, decoder as Tensor), x as Tensor)
      return tf.add(tf.mean(error), tf.mean(tf.squaredDifference(z, chosen)))
    }
    return train(loss, weights, 3)
  },
  order: 0,
  tolerance: 1e-4,
}

/** A gradient within the loss: second derivatives through a whole network. */
const penalised: Operation = {
  name: 'gradient penalty, 3 steps',
  kernels: [],
  make: () => [floats([4, 3]), ...weightsOf([3, 6], [6, 1])],
  run: (x, ...weights) => {
    const loss = ([w1, w2]: Tensor[]): Tensor => {
      const critic = (): Tensor =>
        tf.sum(tf.matMul(tf.softplus(tf.matMul(x as Tensor, w1 as Tensor)), w2 as Tensor))
      const [slope] = gradient(critic, [x as Tensor]) as [Tensor]
      return tf.mean(tf.square(tf.sub(tf.sum(tf.square(slope), 1), 1)))
    }
    return train(loss, weights, 3)
  },
  order: 0,
  tolerance: 1e-4,
}

/** Cases of training runs. */
export const trainingCases: readonly ConformanceCase[] = casesOf('training runs', [
  dense,
  convolutional,
  attention,
  quantised,
  penalised,
])
