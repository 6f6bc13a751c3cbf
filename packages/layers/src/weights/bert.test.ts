import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, writeSafetensors } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import {
  attend,
  type ForeignFile,
  gelu,
  layerNorm,
  product,
  randomFile,
  tensorsOf,
} from '../testing/foreign-weights.ts'
import { expectClose } from '../testing/values.ts'
import { TextTransformer } from '../transformer/text-transformer.ts'
import { bert } from './bert.ts'
import { loadWeights } from './load-weights.ts'

const [features, heads, hidden, vocabulary] = [12, 3, 20, 11]

function model(): TextTransformer {
  const size = { vocabulary, tokens: 8, features, depth: 2, heads, hidden, segments: 2 }
  return new TextTransformer(
    { ...size, order: 'post', epsilon: 1e-12, embeddingNorm: true },
    new Rng(9),
  )
}

function layerShapes(path: string): Record<string, number[]> {
  const dense = (name: string, outputs: number, inputs: number): Record<string, number[]> => ({
    [`${path}.${name}.weight`]: [outputs, inputs],
    [`${path}.${name}.bias`]: [outputs],
  })
  return {
    ...dense('attention.self.query', features, features),
    ...dense('attention.self.key', features, features),
    ...dense('attention.self.value', features, features),
    ...dense('attention.output.dense', features, features),
    [`${path}.attention.output.LayerNorm.weight`]: [features],
    [`${path}.attention.output.LayerNorm.bias`]: [features],
    ...dense('intermediate.dense', hidden, features),
    ...dense('output.dense', features, hidden),
    [`${path}.output.LayerNorm.weight`]: [features],
    [`${path}.output.LayerNorm.bias`]: [features],
  }
}

const file = randomFile({
  'embeddings.word_embeddings.weight': [vocabulary, features],
  'embeddings.position_embeddings.weight': [8, features],
  'embeddings.token_type_embeddings.weight': [2, features],
  'embeddings.LayerNorm.weight': [features],
  'embeddings.LayerNorm.bias': [features],
  ...layerShapes('encoder.layer.0'),
  ...layerShapes('encoder.layer.1'),
  'pooler.dense.weight': [features, features],
  'pooler.dense.bias': [features],
})
const positionIds: [string, ForeignFile extends Map<string, infer V> ? V : never] = [
  'embeddings.position_ids',
  { dtype: 'I64', shape: [1, 8], data: BigInt64Array.from({ length: 8 }, (_, i) => BigInt(i)) },
]

const ids = tf.tensor2d([1, 5, 3, 10, 0, 2, 7, 7, 4, 0], [2, 5], 'int32')
const segments = tf.tensor2d([0, 0, 1, 1, 1, 0, 1, 1, 0, 0], [2, 5], 'int32')
const mask = tf.tensor2d([1, 1, 1, 1, 0, 1, 1, 1, 1, 1], [2, 5])

/** As Hugging Face's BertModel computes it: the norm after the sum, keys of padding left out. */
function reference(at: (name: string) => tf.Tensor): tf.Tensor {
  const linear = (y: tf.Tensor, path: string): tf.Tensor =>
    product(y, at(`${path}.weight`), at(`${path}.bias`))
  const norm = (y: tf.Tensor, path: string): tf.Tensor =>
    layerNorm(y, at(`${path}.weight`), at(`${path}.bias`), 1e-12)
  const words = tf.gather(at('embeddings.word_embeddings.weight'), ids)
  const kinds = tf.gather(at('embeddings.token_type_embeddings.weight'), segments)
  const places = tf.slice(at('embeddings.position_embeddings.weight'), 0, 5)
  let x = norm(tf.add(tf.add(words, kinds), places), 'embeddings.LayerNorm')
  for (const path of ['encoder.layer.0', 'encoder.layer.1']) {
    const seen = ['query', 'key', 'value'].map((name) =>
      linear(x, `${path}.attention.self.${name}`),
    )
    const mixed = attend(seen, heads, tf.reshape(mask, [2, 1, 1, 5]))
    const y = norm(
      tf.add(linear(mixed, `${path}.attention.output.dense`), x),
      `${path}.attention.output.LayerNorm`,
    )
    const wide = gelu(linear(y, `${path}.intermediate.dense`))
    x = norm(tf.add(linear(wide, `${path}.output.dense`), y), `${path}.output.LayerNorm`)
  }
  return x
}

describe('the loaded transformer computes what BertModel does with the same file', () => {
  const under = (prefix: string): ForeignFile =>
    new Map([...file].map(([name, value]) => [`${prefix}${name}`, value]))
  const layouts: [string, ForeignFile, string[]][] = [
    [
      'bare names, as all-MiniLM',
      new Map([...file, positionIds]),
      ['pooler.dense.weight', 'pooler.dense.bias', 'embeddings.position_ids'],
    ],
    [
      'bert. before them, with heads',
      new Map([...under('bert.'), ...randomFile({ 'cls.predictions.bias': [vocabulary] })]),
      ['bert.pooler.dense.weight', 'bert.pooler.dense.bias', 'cls.predictions.bias'],
    ],
    [
      'norms of gamma and beta',
      new Map(
        [...under('bert.')].map(([name, value]) => [
          name
            .replace('LayerNorm.weight', 'LayerNorm.gamma')
            .replace('LayerNorm.bias', 'LayerNorm.beta'),
          value,
        ]),
      ),
      ['bert.pooler.dense.weight', 'bert.pooler.dense.bias'],
    ],
    [
      'sentence-transformers',
      under('0.auto_model.'),
      ['0.auto_model.pooler.dense.weight', '0.auto_model.pooler.dense.bias'],
    ],
  ]
  test.each(layouts)('%s', async (_, layout, expectedIgnored) => {
    const built = model()
    const { loaded, ignored } = await loadWeights(built, writeSafetensors(layout), bert)
    expect(new Set(ignored)).toEqual(new Set(expectedIgnored))
    expect(loaded).toHaveLength(5 + 2 * 16)
    const { tokens } = built.forward(ids, undefined, { mask, segments })
    // Where there is no token, nobody asks.
    const real = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.expandDims(mask, -1))
    expectClose(real(tokens), real(reference(tensorsOf(file))), 1e-5)
  })
})

test('a model without segments refuses the file', async () => {
  const built = new TextTransformer(
    {
      vocabulary,
      tokens: 8,
      features,
      depth: 2,
      heads,
      hidden,
      order: 'post',
      embeddingNorm: true,
    },
    new Rng(1),
  )
  await expect(loadWeights(built, file, bert)).rejects.toThrow(
    'not expected: embeddings.token_type_embeddings.weight (the module has no segments.weight)',
  )
})
