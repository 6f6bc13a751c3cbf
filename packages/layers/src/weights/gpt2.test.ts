import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type CheckpointTensor, Rng, writeSafetensors } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { attend, layerNorm, randomFile, tensorsOf } from '../testing/foreign-weights.ts'
import { expectClose } from '../testing/values.ts'
import { TextTransformer } from '../transformer/text-transformer.ts'
import { gpt2 } from './gpt2.ts'
import { loadWeights } from './load-weights.ts'

const [features, heads, hidden, vocabulary] = [12, 3, 20, 11]

function layerShapes(path: string): Record<string, number[]> {
  return {
    [`${path}.ln_1.weight`]: [features],
    [`${path}.ln_1.bias`]: [features],
    [`${path}.attn.c_attn.weight`]: [features, 3 * features],
    [`${path}.attn.c_attn.bias`]: [3 * features],
    [`${path}.attn.c_proj.weight`]: [features, features],
    [`${path}.attn.c_proj.bias`]: [features],
    [`${path}.ln_2.weight`]: [features],
    [`${path}.ln_2.bias`]: [features],
    [`${path}.mlp.c_fc.weight`]: [features, hidden],
    [`${path}.mlp.c_fc.bias`]: [hidden],
    [`${path}.mlp.c_proj.weight`]: [hidden, features],
    [`${path}.mlp.c_proj.bias`]: [features],
  }
}

const file = randomFile({
  'wte.weight': [vocabulary, features],
  'wpe.weight': [6, features],
  ...layerShapes('h.0'),
  ...layerShapes('h.1'),
  'ln_f.weight': [features],
  'ln_f.bias': [features],
})
const causal: CheckpointTensor = { dtype: 'BOOL', shape: [1, 1, 1, 1], data: Uint8Array.of(1) }

const ids = tf.tensor2d([1, 5, 3, 10, 2, 7, 7, 0], [2, 4], 'int32')

/** As Hugging Face's GPT2Model computes it: x W + b with W [inputs, outputs], the tanh form of GELU. */
function reference(at: (name: string) => tf.Tensor): tf.Tensor {
  const linear = (y: tf.Tensor, path: string): tf.Tensor => {
    const weight = at(`${path}.weight`)
    const rows = tf.reshape(y, [8, weight.shape[0] as number]) as tf.Tensor2D
    const sum = tf.add(tf.matMul(rows, weight as tf.Tensor2D), at(`${path}.bias`))
    return tf.reshape(sum, [2, 4, weight.shape[1] as number])
  }
  const norm = (y: tf.Tensor, path: string): tf.Tensor =>
    layerNorm(y, at(`${path}.weight`), at(`${path}.bias`), 1e-5)
  const geluNew = (y: tf.Tensor): tf.Tensor => {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(y, tf.mul(0.044715, tf.pow(y, 3))))
    return tf.mul(tf.mul(0.5, y), tf.add(1, tf.tanh(inner)))
  }
  const earlier = tf.tensor2d([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1], [4, 4])
  let x: tf.Tensor = tf.add(tf.gather(at('wte.weight'), ids), tf.slice(at('wpe.weight'), 0, 4))
  for (const path of ['h.0', 'h.1']) {
    const joined = tf.split(linear(norm(x, `${path}.ln_1`), `${path}.attn.c_attn`), 3, -1)
    x = tf.add(x, linear(attend(joined, heads, earlier), `${path}.attn.c_proj`))
    const wide = geluNew(linear(norm(x, `${path}.ln_2`), `${path}.mlp.c_fc`))
    x = tf.add(x, linear(wide, `${path}.mlp.c_proj`))
  }
  return norm(x, 'ln_f')
}

describe('the loaded transformer computes what GPT2Model does with the same file', () => {
  test.each([
    ['bare names, with the masks of old files', '', ['h.0.attn.bias', 'h.1.attn.bias']],
    ['the language model, its output tied', 'transformer.', ['lm_head.weight']],
  ])('%s', async (_, prefix, extra) => {
    const layout = new Map([...file].map(([name, value]) => [`${prefix}${name}`, value]))
    for (const name of extra) layout.set(name, causal)
    const size = { vocabulary, tokens: 6, features, depth: 2, heads, hidden }
    const built = new TextTransformer(
      { ...size, causal: true, epsilon: 1e-5, activation: 'geluTanh' },
      new Rng(9),
    )
    const { loaded, ignored } = await loadWeights(built, writeSafetensors(layout), gpt2)
    expect(loaded).toHaveLength(4 + 2 * 16)
    expect(ignored).toEqual(extra)
    expectClose(built.forward(ids).tokens, reference(tensorsOf(file)), 1e-5)
  })
})
