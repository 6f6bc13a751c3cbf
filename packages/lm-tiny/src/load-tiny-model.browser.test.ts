import { useBackend } from '@winnow/core'
import { bitsPerByte } from '@winnow/lm'
import { expect, it } from 'vitest'
import card from '../weights/card.json' with { type: 'json' }
import { loadTinyModel } from './load-tiny-model.ts'

it('loads in a browser, and says the same there', async () => {
  await useBackend('cpu')
  using loaded = await loadTinyModel()
  const { model, tokenizer } = loaded
  const { natsPerToken } = await bitsPerByte(model, tokenizer, card.trial.text, { batch: 1 })
  expect(natsPerToken).toBeCloseTo(card.trial.natsPerToken, 3)
})

it('says which file is not there', async () => {
  const from = new URL('nowhere/', location.href)
  await expect(loadTinyModel({ from })).rejects.toThrow(/nowhere\/.*(404 came|not JSON|broken)/)
})
