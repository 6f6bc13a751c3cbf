import { readFileSync } from 'node:fs'
import { memory } from '@tensorflow/tfjs-core'
import { useBackend } from '@winnow/core'
import { expect, it } from 'vitest'
import card from '../weights/card.json' with { type: 'json' }
import { loadTinyRetriever, loadTinySearchCard } from './load-tiny-retriever.ts'

const product = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * (b[i] as number), 0)

it('loads the weights that the card tells of, and leaks nothing', async () => {
  await useBackend('onnx')
  const before = memory().numTensors
  const loaded = await loadTinyRetriever()
  expect(loaded.retriever.config).toEqual(card.config)
  expect(loaded.model).toEqual({ name: '@winnow/retrieval-tiny', hash: card.sha256 })
  expect(loaded.weight).toBe(card.weight)
  const { query, texts, cosines } = card.trial
  const [asked, ...others] = await loaded.embed([query, ...texts], 'passage')
  for (const [i, vector] of others.entries()) {
    expect(vector).toHaveLength(loaded.width)
    expect(product(vector, asked as ArrayLike<number>)).toBeCloseTo(cosines[i] as number, 3)
  }
  expect(cosines[0]).toBeGreaterThan(cosines[1] as number)
  loaded[Symbol.dispose]()
  expect(memory().numTensors).toBe(before)
})

it('takes no text, blank ones and megabytes', async () => {
  await useBackend('onnx')
  using loaded = await loadTinyRetriever()
  expect(await loaded.embed([], 'query')).toEqual([])
  const all = await loaded.embed(['', ' \n', '\ud800 broken', 'word '.repeat(50_000)], 'passage')
  for (const vector of all) expect(product(vector, vector)).toBeCloseTo(1, 3)
  expect(all[0]).toEqual(all[1])
})

it('is small, and is told of in the README', async () => {
  const weights = readFileSync(new URL('../weights/model.safetensors', import.meta.url))
  expect(weights.length).toBe(card.bytes)
  expect(weights.length).toBeLessThan(8e6)
  expect(await loadTinySearchCard()).toEqual(card)
  // With it more is found than by words alone.
  expect(card.test.both.mean).toBeGreaterThan(card.test.bm25.high)
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(card.command)
  expect(readme).toContain(`**${card.test.both.mean.toFixed(3)}`)
})

it('says which file is not there', async () => {
  const from = new URL('nowhere/', import.meta.url)
  await expect(loadTinyRetriever({ from })).rejects.toThrow('there is no such file')
})
