import { getHeapStatistics } from 'node:v8'
import { WinnowError } from '@winnow/core'
import { fuzzReader } from '@winnow/core/testing'
import { expect, it } from 'vitest'
import { tokenizerFrom } from './tokenizer.ts'
import { trainTokenizer } from './train-tokenizer.ts'

const good = trainTokenizer(['the cat sat on the mat; the hat sat on the cat'], { vocabulary: 270 })

it('a spoiled tokenizer.json is read or refused in words', async () => {
  const files = [new TextEncoder().encode(JSON.stringify(good))]
  const read = (bytes: Uint8Array): void => {
    let json: unknown
    try {
      json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch {
      // Whoever reads the file refuses what is no JSON.
      throw new WinnowError('not JSON')
    }
    const tokenizer = tokenizerFrom(json)
    tokenizer.decode(tokenizer.encode('the hat'))
  }
  const memory = (): number => getHeapStatistics().external_memory
  const ended = await fuzzReader({ files, read, cases: 3000, memory })
  expect(ended.refused).toBeGreaterThan(1000)
  expect(ended.read).toBeGreaterThan(20)
})
