import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import {
  adamW,
  fit,
  fromArrays,
  logSoftmax,
  parameterCount,
  parameters,
  prepareBackend,
  Rng,
  restore,
  save,
} from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { sequenceBatches } from './data/documents.ts'
import { type Edit, LanguageModel, type LanguageModelConfig } from './language-model.ts'
import { grammarStream } from './testing/grammar.ts'
import { smallConfig } from './testing/small-run.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const small = (more: Partial<LanguageModelConfig> = {}): LanguageModel =>
  new LanguageModel({ ...smallConfig, ...more }, new Rng(1))
const ids = (rows: readonly (readonly number[])[]): tf.Tensor =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    undefined,
    'int32',
  )
const values = (x: tf.Tensor): number[] => [...x.dataSync()]
const some = (): tf.Tensor =>
  ids([
    [1, 5, 2, 11, 0, 3],
    [4, 4, 9, 1, 7, 2],
  ])
const far = (a: tf.Tensor, b: tf.Tensor): number =>
  values(tf.max(tf.abs(tf.sub(a, b))))[0] as number

describe('LanguageModel', () => {
  it('has logits for every next token, and the tokens between all blocks', () => {
    const { logits, embedded, blocks, last } = small().forward(some())
    expect(logits.shape).toEqual([2, 6, 12])
    expect([embedded, last, ...blocks].map(({ shape }) => shape)).toEqual(
      new Array(4).fill([2, 6, 16]),
    )
  })

  it('has one table for what comes in and what goes out', () => {
    const model = small()
    const names = [...parameters(model).keys()]
    expect(names).toContain('transformer.embedding.weight')
    expect(names.filter((name) => /head|output\.weight/.test(name))).toEqual(
      [0, 1].map((block) => `transformer.blocks.${block}.attention.output.weight`),
    )
    const [features, hidden] = [16, 64]
    const block = 4 * (features * features + features) + 2 * features * hidden + hidden + features
    expect(parameterCount(model)).toBe(12 * 16 + 8 * 16 + 2 * (block + 4 * 16) + 2 * 16)
    const { logits, last } = model.forward(some())
    const table = model.transformer.embedding.weight.value as tf.Tensor2D
    const product = tf.matMul(tf.reshape(last, [12, 16]), table, false, true)
    expect(far(tf.reshape(logits, [12, 12]), product)).toBe(0)
  })

  it.each(['learned', 'rotary', 'alibi', 'sinCos'] as const)(
    'is causal: no token sees a later one, with %s positions',
    (positions) => {
      const model = small({ positions })
      const rows = [1, 5, 2, 11, 0, 3]
      for (let changed = 0; changed < 6; changed++) {
        const other = rows.map((id, i) => (i === changed ? (id + 1) % 12 : id))
        const [a, b] = [rows, other].map((row) => model.forward(ids([row])).logits)
        const difference = tf.max(tf.abs(tf.sub(a as tf.Tensor, b as tf.Tensor)), -1)
        for (const [i, distance] of values(difference).entries()) {
          expect([changed, i, distance > 0]).toEqual([changed, i, i >= changed])
        }
      }
    },
  )

  it('costs the mean of -log p of each next token, in nats', () => {
    const model = small()
    const logs = logSoftmax(model.forward(tf.slice(some(), [0, 0], [2, 5])).logits)
    const rows = logs.arraySync() as number[][][]
    const targets = tf.slice(some(), [0, 1], [2, 5]).arraySync() as number[][]
    const expected = targets.map((row, b) => row.map((id, i) => -(rows[b]?.[i]?.[id] as number)))
    const nats = model.nats(some())
    expect(nats.shape).toEqual([2, 5])
    for (const [i, cost] of values(nats).entries()) {
      expect(cost).toBeCloseTo(expected.flat()[i] as number, 5)
    }
    const context = { rng: new Rng(1), step: tf.scalar(0), training: false, scalars: {} }
    const { loss } = model.loss(some(), { ...context, update: () => undefined })
    expect(values(loss)[0]).toBeCloseTo(
      expected.flat().reduce((a, b) => a + b / 10, 0),
      5,
    )
  })

  it.each(['embedded', 'blocks.0', 'blocks.1', 'last'] as const)(
    'can be spliced at %s: the identity changes nothing, anything else all that follows',
    (at) => {
      const model = small()
      const plain = model.run(some())
      const seen: number[][] = []
      const same = model.run(some(), {
        edit: {
          at,
          fn: (x) => {
            seen.push(x.shape)
            return tf.clone(x)
          },
        },
      })
      expect(seen).toEqual([[2, 6, 16]])
      expect(values(same.logits)).toEqual(values(plain.logits))
      const zero: Edit = { at, fn: (x) => tf.zerosLike(x) }
      const zeroed = model.run(some(), { edit: zero })
      expect(far(zeroed.logits, plain.logits)).toBeGreaterThan(1e-3)
      const order = ['embedded', 'blocks.0', 'blocks.1', 'last']
      const parts = (run: typeof plain): tf.Tensor[] => [run.embedded, ...run.blocks, run.last]
      for (const [i, part] of parts(zeroed).entries()) {
        const before = i < order.indexOf(at)
        expect([i, far(part, parts(plain)[i] as tf.Tensor) === 0]).toEqual([i, before])
      }
      // All logits equal: every token costs log 12.
      if (at === 'last') {
        for (const cost of values(model.nats(some(), undefined, { edit: zero }))) {
          expect(cost).toBeCloseTo(Math.log(12), 5)
        }
      }
    },
  )

  it('has features: the mean of all tokens, or the last', () => {
    const { last } = small().forward(some())
    expect(far(small().features(some()), tf.mean(last, 1))).toBe(0)
    const end = tf.reshape(tf.slice(last, [0, 5, 0], [2, 1, 16]), [2, 16])
    expect(far(small({ pool: 'last' }).features(some()), end)).toBe(0)
  })

  it('drops out while training alone', () => {
    const model = small({ dropout: 0.5 })
    const context = (training: boolean) => ({
      rng: new Rng(1),
      step: tf.scalar(0),
      training,
      scalars: {},
      update: () => undefined,
    })
    const plain = model.forward(some()).logits
    expect(far(model.forward(some(), context(false)).logits, plain)).toBe(0)
    expect(far(model.forward(some(), context(true)).logits, plain)).toBeGreaterThan(1e-3)
  })

  it('is rebuilt from its file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'winnow-'))
    const model = small({ positions: 'rotary', norm: 'rms', gated: true, activation: 'silu' })
    await save(model, join(folder, 'lm.safetensors'))
    const again = await restore(LanguageModel, join(folder, 'lm.safetensors'))
    expect(again.config).toEqual(model.config)
    expect(values(again.run(some()).logits)).toEqual(values(model.run(some()).logits))
    rmSync(folder, { recursive: true })
  })

  it('leaks nothing, and trains every parameter', async () => {
    const model = small()
    const x = some()
    const before = tf.memory().numTensors
    model.nats(x).dispose()
    model.features(x).dispose()
    tf.tidy(() => void model.run(x))
    expect(tf.memory().numTensors).toBe(before)
    const old = new Map([...parameters(model)].map(([path, { value }]) => [path, values(value)]))
    const data = sequenceBatches(grammarStream(300, 12), { tokens: 8, batch: 8 })
    await fit(model, data, { steps: 2, optimizer: adamW({ learningRate: 1e-2 }) })
    for (const [path, { value }] of parameters(model)) {
      expect([path, values(value)]).not.toEqual([path, old.get(path)])
    }
  })

  it.each<[string, Partial<LanguageModelConfig>, string]>([
    ['heads that do not divide', { heads: 3 }, 'heads'],
    ['no vocabulary', { vocabulary: 0 }, 'vocabulary: 0 came'],
    ['unknown positions', { positions: 'lerned' as 'learned' }, "Did you mean 'learned'"],
    ['an unknown pool', { pool: 'frist' as 'last' }, "pool: 'frist' is not known"],
  ])('refuses %s', (_, more, words) => {
    expect(() => small(more)).toThrow(words)
  })

  it('refuses ids and places that are not there, before they are tensors where it can', async () => {
    const model = small()
    expect(() => model.forward(tf.zeros([1, 3]))).toThrow('float32')
    expect(() => model.forward(tf.zeros([1, 9], 'int32'))).toThrow('9 tokens came')
    expect(() => model.nats(tf.zeros([1, 1], 'int32'))).toThrow(
      'expected int32 [batch, tokens + 1]',
    )
    const edit = { at: 'blocks.2', fn: (x: tf.Tensor) => x } as const
    expect(() => model.run(some(), { edit })).toThrow("edit: at: 'blocks.2' is not known")
    const train = (data: Int32Array | Float32Array, shape: number[]) =>
      fit(model, fromArrays({ data, shape }), { batch: 2, optimizer: adamW({ learningRate: 1 }) })
    await expect(train(Int32Array.of(1, 2, 3, 12), [2, 2])).rejects.toThrow(
      'LanguageModel: data: the id 12 came',
    )
    await expect(train(Int32Array.of(1, -1, 3, 4), [2, 2])).rejects.toThrow('the id -1 came')
    await expect(train(new Int32Array(20), [2, 10])).rejects.toThrow('sequences of 10 ids came')
    await expect(train(new Float32Array(4), [2, 2])).rejects.toThrow('float32 [2,2] came')
  })
})
