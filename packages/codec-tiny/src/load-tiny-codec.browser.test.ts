import { useBackend } from '@winnow/core'
import { expect, it } from 'vitest'
import card from '../weights/card.json' with { type: 'json' }
import { loadTinyCodec } from './load-tiny-codec.ts'

it('loads in a browser, and is the same there', async () => {
  await useBackend('cpu')
  using codec = await loadTinyCodec()
  expect(await codec.fingerprint()).toBe(card.fingerprint)
})

it('says which file is not there', async () => {
  const from = new URL('nowhere/', location.href)
  await expect(loadTinyCodec({ from })).rejects.toThrow(/nowhere\//)
})
