import { useBackend } from '@winnow/core'
import { HybridSearch } from '@winnow/retrieval'
import { expect, it } from 'vitest'
import card from '../weights/card.json' with { type: 'json' }
import { loadTinyRetriever } from './load-tiny-retriever.ts'

it('encodes and searches in a browser, and says the same there', async () => {
  await useBackend('cpu')
  using embedder = await loadTinyRetriever()
  const { query, texts, cosines } = card.trial
  const vectors = await embedder.embed([query, ...texts], 'passage')
  for (const [i, cosine] of cosines.entries()) {
    const [a, b] = [Array.from(vectors[0] ?? []), vectors[i + 1] ?? []]
    expect(a.reduce((sum, x, d) => sum + x * (b[d] as number), 0)).toBeCloseTo(cosine, 3)
  }
  const search = new HybridSearch({ embedder })
  await search.add(texts.map((text, i) => ({ id: String(i), text })))
  expect((await search.search(query))[0]?.id).toBe('0')
  const again = HybridSearch.deserialise(search.serialise(), embedder)
  expect(await again.search(query)).toEqual(await search.search(query))
})

it('says which file is not there', async () => {
  const from = new URL('nowhere/', location.href)
  await expect(loadTinyRetriever({ from })).rejects.toThrow(/nowhere\/.*(404 came|not JSON|broken)/)
})
