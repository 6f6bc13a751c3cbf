/**
 * Files in other libraries' layouts, of random numbers, and their own arithmetic on them: products with `[outputs, inputs]`,
 * norms and attention written out, for comparison with what a mapping makes of the same file.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type CheckpointTensor, check, Rng } from '@winnow/core'

/** Tensors by name. */
export type ForeignFile = Map<string, CheckpointTensor>

/** Normal numbers for each shape; norms' weights near 1, as a trained model has them. */
export function randomFile(
  shapes: Readonly<Record<string, readonly number[]>>,
  seed = 1,
): ForeignFile {
  const rng = new Rng(seed)
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const length = shape.reduce((a, b) => a * b, 1)
      const mean = /(norm\d?|ln_\w|LayerNorm)\.(weight|gamma)$/.test(name) ? 1 : 0
      const data = rng.normalValues(length, mean, 0.3)
      return [name, { dtype: 'F32', shape, data }]
    }),
  )
}

/** Reads tensors of a file by name, in their own layout. */
export function tensorsOf(file: ForeignFile): (name: string) => Tensor {
  return (name) => {
    const found = file.get(name)
    check(found !== undefined, () => `tensorsOf: no ${name}`)
    return tf.tensor(found.data as Float32Array, [...found.shape], 'float32')
  }
}

/** x W^T + b on the last axis, W `[outputs, inputs]`. */
export function product(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1) as number])
  const y = tf.add(tf.matMul(rows as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias)
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0] as number])
}

export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  const { mean, variance } = tf.moments(x, -1, true)
  const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)))
  return tf.add(tf.mul(normed, weight), bias)
}

/** Attention of `[batch, tokens, features]`, `allowed` `[..., tokens, tokens]` being 1 where a token may look. */
export function attend(
  [query, key, value]: readonly Tensor[],
  heads: number,
  allowed?: Tensor,
): Tensor {
  const [batch, tokens, features] = (query as Tensor).shape as [number, number, number]
  const [q, k, v] = [query, key, value].map((x) =>
    tf.transpose(tf.reshape(x as Tensor, [batch, tokens, heads, features / heads]), [0, 2, 1, 3]),
  ) as [Tensor, Tensor, Tensor]
  const logits = tf.div(tf.matMul(q, k, false, true), Math.sqrt(features / heads))
  const barred = allowed === undefined ? logits : tf.add(logits, tf.mul(tf.sub(1, allowed), -1e9))
  const mixed = tf.matMul(tf.softmax(barred), v)
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, features])
}

/** Shapes of a timm block's tensors. */
export function timmBlockShapes(
  path: string,
  features: number,
  hidden: number,
): Record<string, number[]> {
  return {
    [`${path}.norm1.weight`]: [features],
    [`${path}.norm1.bias`]: [features],
    [`${path}.attn.qkv.weight`]: [3 * features, features],
    [`${path}.attn.qkv.bias`]: [3 * features],
    [`${path}.attn.proj.weight`]: [features, features],
    [`${path}.attn.proj.bias`]: [features],
    [`${path}.norm2.weight`]: [features],
    [`${path}.norm2.bias`]: [features],
    [`${path}.mlp.fc1.weight`]: [hidden, features],
    [`${path}.mlp.fc1.bias`]: [hidden],
    [`${path}.mlp.fc2.weight`]: [features, hidden],
    [`${path}.mlp.fc2.bias`]: [features],
  }
}

/** A timm block as timm computes it: queries, keys and values in one product, cut in three. */
export function timmBlock(
  x: Tensor,
  at: (name: string) => Tensor,
  path: string,
  heads: number,
): Tensor {
  const norm = (y: Tensor, name: string): Tensor =>
    layerNorm(y, at(`${path}.${name}.weight`), at(`${path}.${name}.bias`), 1e-6)
  const linear = (y: Tensor, name: string): Tensor =>
    product(y, at(`${path}.${name}.weight`), at(`${path}.${name}.bias`))
  const scaled = (y: Tensor, name: string): Tensor => {
    try {
      return tf.mul(y, at(`${path}.${name}.gamma`))
    } catch {
      return y
    }
  }
  const joined = tf.split(linear(norm(x, 'norm1'), 'attn.qkv'), 3, -1)
  const y = tf.add(x, scaled(linear(attend(joined, heads), 'attn.proj'), 'ls1'))
  const wide = gelu(linear(norm(y, 'norm2'), 'mlp.fc1'))
  return tf.add(y, scaled(linear(wide, 'mlp.fc2'), 'ls2'))
}

/** x Phi(x). */
export function gelu(x: Tensor): Tensor {
  return tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))))
}
