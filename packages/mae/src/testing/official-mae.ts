/**
 * The official masked autoencoder's file layout and arithmetic (facebookresearch/mae), written out on random numbers: for
 * comparison with what a mapping makes of the same file.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type CheckpointTensor, Rng } from '@winnow/core'

/** Sizes of the model: images of 4 x 6 pixels with 3 channels in 2 x 2 patches. */
export const official = { features: 12, heads: 3, narrow: 8, narrowHeads: 2, patches: 6 } as const

const { features, heads, narrow, narrowHeads, patches } = official

function blockShapes(path: string, width: number): Record<string, number[]> {
  const linear = (name: string, outputs: number, inputs: number): Record<string, number[]> => ({
    [`${path}.${name}.weight`]: [outputs, inputs],
    [`${path}.${name}.bias`]: [outputs],
  })
  return {
    ...normShapes(`${path}.norm1`, width),
    ...linear('attn.qkv', 3 * width, width),
    ...linear('attn.proj', width, width),
    ...normShapes(`${path}.norm2`, width),
    ...linear('mlp.fc1', 4 * width, width),
    ...linear('mlp.fc2', width, 4 * width),
  }
}

function normShapes(path: string, width: number): Record<string, number[]> {
  return { [`${path}.weight`]: [width], [`${path}.bias`]: [width] }
}

/** Names and shapes of the encoder, which is published alone, too. */
export const encoderShapes: Readonly<Record<string, readonly number[]>> = {
  cls_token: [1, 1, features],
  pos_embed: [1, patches + 1, features],
  'patch_embed.proj.weight': [features, 3, 2, 2],
  'patch_embed.proj.bias': [features],
  ...blockShapes('blocks.0', features),
  ...blockShapes('blocks.1', features),
  ...normShapes('norm', features),
}

/** Names and shapes of the decoder. */
export const decoderShapes: Readonly<Record<string, readonly number[]>> = {
  mask_token: [1, 1, narrow],
  decoder_pos_embed: [1, patches + 1, narrow],
  'decoder_embed.weight': [narrow, features],
  'decoder_embed.bias': [narrow],
  ...blockShapes('decoder_blocks.0', narrow),
  ...normShapes('decoder_norm', narrow),
  'decoder_pred.weight': [12, narrow],
  'decoder_pred.bias': [12],
}

/** A file of both. The decoder's class token stands at a place of zeros, as in the official files. */
export function officialFile(): Map<string, CheckpointTensor> {
  const rng = new Rng(1)
  const file = new Map<string, CheckpointTensor>()
  for (const [name, shape] of Object.entries({ ...encoderShapes, ...decoderShapes })) {
    const length = shape.reduce((a, b) => a * b, 1)
    const data = rng.normalValues(length, /norm\d?\.weight$/.test(name) ? 1 : 0, 0.3)
    if (name === 'decoder_pos_embed') data.fill(0, 0, narrow)
    file.set(name, { dtype: 'F32', shape, data })
  }
  return file
}

/** The official model over a file. */
export class OfficialMae {
  readonly #file: ReadonlyMap<string, CheckpointTensor>

  constructor(file: ReadonlyMap<string, CheckpointTensor>) {
    this.#file = file
  }

  /** Images `[batch, 4, 6, 3]` to `[batch, patches, features]` with positions, by a strided convolution. */
  embed(x: Tensor): Tensor {
    const kernel = tf.transpose(this.#at('patch_embed.proj.weight'), [2, 3, 1, 0]) as tf.Tensor4D
    const map = tf.conv2d(x as tf.Tensor4D, kernel, 2, 'valid')
    const shape = [x.shape[0] as number, patches, features]
    const tokens = tf.reshape(tf.add(map, this.#at('patch_embed.proj.bias')), shape)
    return tf.add(tokens, tf.slice(this.#at('pos_embed'), [0, 1, 0]))
  }

  /** Kept tokens to the latent, the class token first: `[batch, 1 + kept, features]`. */
  encode(tokens: Tensor): Tensor {
    const place = tf.slice(this.#at('pos_embed'), [0, 0, 0], [1, 1, features])
    const first = tf.tile(tf.add(this.#at('cls_token'), place), [tokens.shape[0] as number, 1, 1])
    const all: Tensor = tf.concat([first, tokens], 1)
    const seen = this.#block(this.#block(all, 'blocks.0', heads), 'blocks.1', heads)
    return this.#norm(seen, 'norm')
  }

  /** The latent to predictions `[batch, patches, values]`; `restore` is what the official code calls ids_restore. */
  decode(latent: Tensor, restore: Tensor): Tensor {
    const batch = latent.shape[0] as number
    const x = this.#linear(latent, 'decoder_embed')
    const hidden = patches + 1 - (latent.shape[1] as number)
    const filler = tf.tile(this.#at('mask_token'), [batch, hidden, 1])
    const shuffled = tf.concat([tf.slice(x, [0, 1, 0]), filler], 1)
    const ordered = tf.gather(shuffled, restore as tf.Tensor2D, 1, 1)
    const all = tf.concat([tf.slice(x, [0, 0, 0], [batch, 1, narrow]), ordered], 1)
    const placed = tf.add(all, this.#at('decoder_pos_embed'))
    const y = this.#norm(this.#block(placed, 'decoder_blocks.0', narrowHeads), 'decoder_norm')
    return tf.slice(this.#linear(y, 'decoder_pred'), [0, 1, 0])
  }

  #at(name: string): Tensor {
    const { data, shape } = this.#file.get(name) as CheckpointTensor
    return tf.tensor(data as Float32Array, [...shape], 'float32')
  }

  /** x W^T + b. */
  #linear(x: Tensor, path: string): Tensor {
    const weight = this.#at(`${path}.weight`) as tf.Tensor2D
    const rows = tf.reshape(x, [-1, x.shape.at(-1) as number]) as tf.Tensor2D
    const y = tf.add(tf.matMul(rows, weight, false, true), this.#at(`${path}.bias`))
    return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]])
  }

  #norm(x: Tensor, path: string): Tensor {
    const { mean, variance } = tf.moments(x, -1, true)
    const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-6)))
    return tf.add(tf.mul(normed, this.#at(`${path}.weight`)), this.#at(`${path}.bias`))
  }

  /** Queries, keys and values are one product, cut in three, then in heads. */
  #block(x: Tensor, path: string, count: number): Tensor {
    const [batch, tokens, width] = x.shape as [number, number, number]
    const size = width / count
    const joined = this.#linear(this.#norm(x, `${path}.norm1`), `${path}.attn.qkv`)
    const cut = tf.reshape(joined, [batch, tokens, 3, count, size])
    const [q, k, v] = tf.unstack(tf.transpose(cut, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor]
    const maps = tf.softmax(tf.div(tf.matMul(q, k, false, true), Math.sqrt(size)))
    const mixed = tf.reshape(tf.transpose(tf.matMul(maps, v), [0, 2, 1, 3]), [batch, tokens, width])
    const y = tf.add(x, this.#linear(mixed, `${path}.attn.proj`))
    const wide = this.#linear(this.#norm(y, `${path}.norm2`), `${path}.mlp.fc1`)
    const active = tf.mul(tf.mul(wide, 0.5), tf.add(1, tf.erf(tf.div(wide, Math.SQRT2))))
    return tf.add(y, this.#linear(active, `${path}.mlp.fc2`))
  }
}
