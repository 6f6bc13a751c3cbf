import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { Embedder } from '@winnow/retrieval'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answers, snippet } from './answer.ts'
import { buildIndex, openIndex } from './text-index.ts'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  await tf.setBackend('cpu')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Knows two meanings. */
function embedder(name: string): Embedder {
  return {
    model: { name, hash: `${name}-hash` },
    width: 2,
    embed: async (texts) =>
      texts.map((text) => [/cat|feline/.test(text) ? 1 : 0.1, /car|engine/.test(text) ? 1 : 0.1]),
  }
}

const texts = [
  { id: 'a', path: 'a', title: '', text: 'the feline sleeps' },
  { id: 'b', path: 'b', title: '', text: 'an engine runs' },
]
const options = { signal: new AbortController().signal, onProgress: (): void => undefined }

describe('an index of words and meaning', () => {
  it('finds what means the same, for the model that made it, and by words without one', async () => {
    const index = await buildIndex(texts, { ...options, embedder: embedder('small') })
    expect(index.finds).toBe('words and meaning')
    expect((await answers(index, 'cat', 1)).map(({ path }) => path)).toEqual(['a'])
    const path = join(folder, 'some.index')
    writeFileSync(path, index.serialise())
    const read = await openIndex(path, async () => embedder('small'))
    expect((await answers(read, 'cat', 1)).map(({ path }) => path)).toEqual(['a'])
    await expect(openIndex(path, async () => embedder('other'))).rejects.toThrow(
      "some.index: its vectors were made by the model 'small' (small-hash), but the model 'other' (other-hash) is in use",
    )
    const words = await openIndex(path, async () => undefined)
    expect(words.finds).toBe('words')
    expect(await answers(words, 'cat', 1)).toEqual([])
    expect((await answers(words, 'engines', 1)).map(({ path }) => path)).toEqual(['b'])
  })

  it('is given up when it is told to', async () => {
    const controller = new AbortController()
    controller.abort()
    for (const model of [undefined, embedder('small')]) {
      await expect(
        buildIndex(texts, { ...options, embedder: model, signal: controller.signal }),
      ).rejects.toThrow('aborted')
    }
  })
})

describe('snippet', () => {
  const mark = (word: string): string => `<${word}>`
  const range = (text: string, word: string): { start: number; end: number } => {
    const start = text.indexOf(word)
    return { start, end: start + word.length }
  }

  it('shows the part with the most different words', () => {
    const text = `${'one '.repeat(200)}two three ${'one '.repeat(200)}`
    const ones = [range(text, 'one')]
    const shown = snippet(
      { text, highlights: [...ones, range(text, 'two'), range(text, 'three')] },
      mark,
    )
    expect(shown).toMatch(/^\.\.\. .*<two> <three>.* \.\.\.$/)
    expect(shown.length).toBeLessThan(280)
  })

  it('shows the beginning where nothing is marked, and halves no character', () => {
    expect(snippet({ text: 'short\ntext', highlights: [] }, mark)).toBe('short text')
    const faces = `a${'\u{1f600}'.repeat(300)}`
    expect(snippet({ text: faces, highlights: [] }, mark)).not.toMatch(/\p{Surrogate}/u)
  })
})
