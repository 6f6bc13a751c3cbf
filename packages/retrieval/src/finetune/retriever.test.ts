import * as tf from '@tensorflow/tfjs-core'
import { adamW, fit, type HostArray, Rng, slots, useBackend } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ndcg } from '../metrics/ndcg.ts'
import { passageArrays } from '../pretrain/passages.ts'
import { smallEncoder, smallTexts, smallTokenizer, testContext } from '../testing/small.ts'
import { mineHardNegatives } from './hard-negatives.ts'
import { pairDataset } from './pairs.ts'
import { score } from './representation.ts'
import { retrievalProbe } from './retrieval-probe.ts'
import { type EmbeddingConfig, Retriever, type RetrieverConfig } from './retriever.ts'
import { type NamedPassages, searchAll } from './search-all.ts'

beforeAll(async () => {
  await useBackend('onnx')
})

const encoder = { ...smallEncoder, tokens: 24 }
const asks = ['cat and dog', 'ship at sea', 'rain and river', 'bread from the baker']
const host = (texts: readonly string[], tokens: number): HostArray<Int32Array> =>
  passageArrays(smallTokenizer, texts, { tokens }).ids
const tensorOf = ({ data, shape }: HostArray<Int32Array>): tf.Tensor =>
  tf.tensor(data, [...shape], 'int32')
const ids = (texts: readonly string[], tokens = 24): tf.Tensor => tensorOf(host(texts, tokens))
const retriever = (config: Omit<RetrieverConfig, 'encoder'> = {}): Retriever =>
  new Retriever({ encoder, ...config }, new Rng(2))
const hybrid = (dense: number, lexicalTopN: number): EmbeddingConfig => ({
  kind: 'hybrid',
  dense,
  lexicalTopN,
})
const queries: NamedPassages = { ids: ['q0', 'q1', 'q2', 'q3'], passages: host(asks, 12) }
const documents: NamedPassages = { ids: ['d0', 'd1', 'd2', 'd3'], passages: host(smallTexts, 24) }
const qrels = new Map(queries.ids.map((id, i) => [id, new Map([[`d${i}`, 1]])]))
const pairs = [0, 1, 2, 3].map((i): [number, number] => [i, i])

describe('the hybrid embedding', () => {
  it('is the dense product without lexical entries, and a sparse one without a dense part', () => {
    const x = ids(asks)
    const y = ids(smallTexts)
    const all = retriever({ embedding: hybrid(8, 20), similarity: 'dot' })
    const dense = retriever({ embedding: hybrid(8, 0), similarity: 'dot' })
    const sparse = retriever({ embedding: hybrid(0, 20), similarity: 'dot' })
    const products = (model: Retriever): ArrayLike<number> =>
      score(model.represent(x), model.represent(y)).dataSync()
    const [a, b] = [all.represent(x), all.represent(y)] as const
    const product = (one?: tf.Tensor, two?: tf.Tensor): ArrayLike<number> =>
      tf.matMul(one as tf.Tensor2D, two as tf.Tensor2D, false, true).dataSync()
    // All three start with the same weights.
    expect(products(dense)).toBeAllClose(product(a.dense, b.dense), { absolute: 1e-4 })
    expect(products(sparse)).toBeAllClose(product(a.lexical, b.lexical), { absolute: 1e-3 })
    expect(sparse.reduce).toBeUndefined()
    expect(products(all)).toBeAllClose(
      Array.from(products(dense), (value, i) => value + (products(sparse)[i] as number)),
      { absolute: 1e-3 },
    )
  })

  it('has the largest entries for an index, with the weights of the representation', () => {
    const model = retriever({ embedding: hybrid(8, 20) })
    const { dense, lexical } = model.embed(ids(asks))
    expect(dense?.shape).toEqual([4, 8])
    expect(lexical?.indices.shape).toEqual([4, 20])
    const whole = model.represent(ids(asks)).lexical?.arraySync() as number[][]
    const values = lexical?.values.arraySync() as number[][]
    const places = lexical?.indices.arraySync() as number[][]
    for (const [row, indices] of places.entries()) {
      expect(indices.map((i) => whole[row]?.[i])).toEqual(values[row])
      expect(whole[row]?.filter((value) => value !== 0)).toHaveLength(20)
    }
  })

  it.each<[EmbeddingConfig, number]>([
    [{ kind: 'class' }, 16],
    [{ kind: 'mean' }, 16],
    [{ kind: 'class', dense: 5 }, 5],
  ])('may be a vector alone: %j', (embedding, width) => {
    const { dense, lexical } = retriever({ embedding }).represent(ids(asks))
    expect(dense?.shape).toEqual([4, width])
    expect(lexical).toBeUndefined()
    const lengths = tf.sum(tf.square(dense as tf.Tensor), 1).dataSync()
    expect(lengths).toBeAllClose([1, 1, 1, 1], { absolute: 1e-5 })
  })
})

describe('fine-tuning', () => {
  const data = pairDataset({
    queries: queries.passages,
    documents: documents.passages,
    pairs,
    negatives: [[1], [2], [3], [0]],
    teacher: pairs.map(() => [3, 0]),
  })

  it.each<EmbeddingConfig>([{ kind: 'class' }, { kind: 'mean' }, hybrid(8, 20)])(
    'learns which passage answers, by %j',
    async (embedding) => {
      const model = retriever({ embedding, distillation: { kind: 'kl', weight: 0.5 } })
      const optimizer = adamW({ learningRate: 0.003 })
      const probe = retrievalProbe(model, { queries, documents, qrels, every: 15 })
      const { history } = await fit(model, data.batch(4), {
        steps: 30,
        epochs: 30,
        optimizer,
        callbacks: [probe],
      })
      const [first, last] = [history.steps[0]?.metrics, history.steps.at(-1)?.metrics]
      expect(last?.['accuracy']).toBe(1)
      expect(last?.['infoNce']).toBeLessThan(0.3 * (first?.['infoNce'] as number))
      expect(last?.['loss']).toBeCloseTo(
        (last?.['infoNce'] as number) + 0.5 * (last?.['distillation'] as number),
        4,
      )
      expect(probe.record.map(({ step }) => step)).toEqual([1, 15, 30])
      expect(probe.best?.ndcg).toBe(1)
    },
  )

  it('scores a teacher alone where there is one', () => {
    const batch = (teacher: boolean): Parameters<Retriever['loss']>[0] => ({
      inputs: tensorOf(queries.passages),
      passages: tf.reshape(tensorOf(documents.passages), [4, 1, 24]),
      ...(teacher && { teacher: tf.zeros([4, 1]) }),
    })
    const plain = retriever()
    const taught = retriever({ distillation: { kind: 'kl', weight: 1 } })
    for (const [model, teacher] of [
      [plain, true],
      [taught, false],
    ] as const) {
      expect(Object.keys(model.loss(batch(teacher), testContext()))).toEqual(['loss', 'accuracy'])
    }
    expect([...slots(plain).keys()]).not.toContain('reduce.weight')
  })

  it('ends where a probe has not got better for so long', async () => {
    const model = retriever()
    const stop = new AbortController()
    const probe = retrievalProbe(model, { queries, documents, qrels, every: 2, patience: 2, stop })
    const frozen = adamW({ learningRate: 1e-12 })
    const run = await fit(model, data.batch(4), {
      steps: 50,
      epochs: 50,
      optimizer: frozen,
      callbacks: [probe],
      signal: stop.signal,
    })
    expect(run.ended).toBe('aborted')
    expect(run.steps).toBe(4)
    expect(probe.record).toHaveLength(3)
  })

  it('refuses other data and settings', async () => {
    const optimizer = adamW({ learningRate: 0.01 })
    const bare = pairDataset({ queries: queries.passages, documents: documents.passages, pairs })
    const { inputs } = bare.fields
    await expect(
      fit(retriever(), { ...inputs }, { optimizer, steps: 1, batch: 2 }),
    ).rejects.toThrow('passages [undefined] came')
    expect(() => retriever({ embedding: hybrid(0, 0) })).toThrow('one part at least')
    expect(() => retriever({ temperature: 0 })).toThrow('temperature: 0')
    expect(() => retriever({ similarity: 'dots' as 'dot' })).toThrow("'dots'")
    expect(() => retrievalProbe(retriever(), { queries, documents, qrels, every: 0 })).toThrow(
      'every: 0',
    )
    const wrong = { queries: queries.passages, documents: documents.passages }
    expect(() => pairDataset({ ...wrong, pairs: [[0, 9]] })).toThrow('documents: row 9 came')
    expect(() => pairDataset({ ...wrong, pairs, negatives: [[1]] })).toThrow('1 lists came')
    expect(() => pairDataset({ ...wrong, pairs: [] })).toThrow('none came')
  })
})

describe('searchAll', () => {
  it('finds what all products at once find, batch by batch, and leaks nothing', async () => {
    const model = retriever({ embedding: hybrid(8, 30) })
    const before = tf.memory().numTensors
    const run = await searchAll(model, queries, documents, { k: 3, batch: 3 })
    expect(tf.memory().numTensors).toBe(before)
    const whole = tf.tidy(
      () =>
        score(
          model.represent(tensorOf(queries.passages)),
          model.represent(tensorOf(documents.passages)),
        ).arraySync() as number[][],
    )
    for (const [q, row] of whole.entries()) {
      const best = row
        .map((value, d) => ({ id: `d${d}`, score: value }))
        .sort((a, b) => b.score - a.score)
        .slice(0, 3)
      const found = run.get(`q${q}`) ?? []
      expect(found.map(({ id }) => id)).toEqual(best.map(({ id }) => id))
      for (const [i, hit] of found.entries()) expect(hit.score).toBeCloseTo(best[i]?.score ?? 9, 4)
    }
    expect(ndcg(run, qrels, { k: 3 }).queries.size).toBe(4)
    const short = { ...documents, ids: ['d0'] }
    await expect(searchAll(model, queries, short, { k: 3 })).rejects.toThrow('1 ids came for 4')
  })
})

describe('mineHardNegatives', () => {
  const index = {
    search: async (query: number, { k }: { readonly k: number }) =>
      Array.from({ length: Math.min(k, 8) }, (_, i) => ({ id: `d${(query + i) % 10}` })),
  }

  it('draws of the ranks, and never what answers', async () => {
    const asked = [
      { query: 0, positives: ['d3'] },
      { query: 5, positives: ['d5', 'd7'] },
    ]
    const all = await mineHardNegatives(index, asked, { from: 2, to: 6 })
    expect(all.map((list) => [...list].sort())).toEqual([
      ['d2', 'd4', 'd5'],
      ['d0', 'd8', 'd9'],
    ])
    const two = await mineHardNegatives(index, asked, { from: 2, to: 6, count: 2, seed: 4 })
    expect(two.map((list) => list.length)).toEqual([2, 2])
    expect(await mineHardNegatives(index, asked, { from: 2, to: 6, count: 2, seed: 4 })).toEqual(
      two,
    )
    await expect(mineHardNegatives(index, asked, { from: 3, to: 3 })).rejects.toThrow('from 3 to 3')
  })
})
