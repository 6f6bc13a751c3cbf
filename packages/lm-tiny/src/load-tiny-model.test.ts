import { readFileSync } from 'node:fs'
import { memory } from '@tensorflow/tfjs-core'
import { useBackend } from '@winnow/core'
import { bitsPerByte, generate } from '@winnow/lm'
import { expect, it } from 'vitest'
import card from '../weights/card.json' with { type: 'json' }
import { loadTinyModel } from './load-tiny-model.ts'

it('loads the weights that the card tells of', async () => {
  await useBackend('onnx')
  const before = memory().numTensors
  const { model, tokenizer, ...loaded } = await loadTinyModel()
  expect(model.config).toEqual(card.config)
  expect(tokenizer.vocabulary).toBe(card.config.vocabulary)
  const { natsPerToken } = await bitsPerByte(model, tokenizer, card.trial.text, { batch: 1 })
  expect(natsPerToken).toBeCloseTo(card.trial.natsPerToken, 3)
  // Untrained it would be the logarithm of the entries: 8.3.
  expect(natsPerToken).toBeLessThan(5)
  const ids = await generate(model, tokenizer.encode('In the beginning God created the'), {
    tokens: 5,
    temperature: 0,
  })
  expect(tokenizer.decode(ids)).toMatch(/^ \w+/)
  loaded[Symbol.dispose]()
  expect(memory().numTensors).toBe(before)
})

it('is small, and is told of in the README', () => {
  const weights = readFileSync(new URL('../weights/model.safetensors', import.meta.url))
  expect(weights.length).toBe(card.bytes)
  expect(weights.length).toBeLessThan(12e6)
  // Better than counting.
  expect(card.test.bitsPerByte).toBeLessThan(card.test.nGram)
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(card.command)
  expect(readme).toContain(`**${card.test.bitsPerByte.toFixed(3)}**`)
})
