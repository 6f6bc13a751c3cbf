import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indexEntries, loadLibreOfficeHelp, pageText } from './libreoffice-help.ts'
import { loadRetrievalSet, type RetrievalPart, splitAnswers } from './retrieval-set.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('WordNet as a search', () => {
  it('asks examples for entries, and leaks none from part to part', async () => {
    const set = await loadRetrievalSet('WordNet')
    const parts: readonly RetrievalPart[] = [set.training, set.validation, set.test]
    expect(parts.reduce((sum, { documents }) => sum + documents.length, 0)).toBe(117_791)
    const [training, , test] = parts as [RetrievalPart, RetrievalPart, RetrievalPart]
    expect(test.documents.length / 117_791).toBeCloseTo(0.1, 2)
    expect(test.queries.length).toBeGreaterThan(3500)
    expect(training.queries.length).toBeGreaterThan(35_000)
    const all = new Map<string, string>(
      parts.flatMap(({ documents }) => documents.map(({ id, text }) => [id, text] as const)),
    )
    expect(all.size).toBe(117_791)
    // Definitions, and examples, are each in one part.
    const definition = (text: string): string => text.slice(text.indexOf(': ') + 2)
    const known = new Set(training.documents.map(({ text }) => definition(text)))
    const asked = new Set(training.queries.map(({ text }) => text))
    expect(test.documents.filter(({ text }) => known.has(definition(text)))).toEqual([])
    expect(test.queries.filter(({ text }) => asked.has(text))).toEqual([])
    // No entry holds its own example; every answer is there to be found.
    for (const { documents, queries, qrels } of parts) {
      const ids = new Set(documents.map(({ id }) => id))
      const told = queries.filter(({ id, text }) => {
        const answers = [...(qrels.get(id)?.keys() ?? [])]
        expect(answers.length).toBeGreaterThan(0)
        expect(answers.every((answer) => ids.has(answer))).toBe(true)
        return answers.some((answer) => all.get(answer)?.includes(`"${text}"`))
      })
      expect(told).toEqual([])
    }
    const choke = [...all.values()].find((text) => text.startsWith('choke: breathe with great'))
    expect(choke).toBe(
      'choke: breathe with great difficulty, as when experiencing a strong emotion',
    )
  })
})

describe('LibreOffice help as a search', () => {
  it('has pages without tags, and the entries of the index that lead to them', async () => {
    const help = join(folder, 'help')
    mkdirSync(join(help, 'text', 'scalc'), { recursive: true })
    writeFileSync(
      join(help, 'bookmarks.js'),
      'var bookmarks = [{url:"en-US/text/scalc/a.html?DbPAR=CALC#bm_id1", app:"CALC", text:"tables -- sorting &amp; such"},\n' +
        '{url:"en-US/text/scalc/a.html?DbPAR=CALC#bm_id2", app:"CALC", text:"sorting"}]',
    )
    const page = (words: string): string =>
      `<html><head><title>T</title></head><body><meta itemprop="keywords" content="secret"><script>var x = "no"</script><p>${words}</p></body></html>`
    writeFileSync(join(help, 'text', 'scalc', 'a.html'), page('Sorts &lt;rows&gt;&#33;'))
    writeFileSync(join(help, 'text', 'scalc', 'b.html'), page('Another&nbsp;page'))
    expect(await loadLibreOfficeHelp({ folder: help })).toEqual([
      {
        text: 'Sorts <rows>!',
        queries: ['tables sorting & such', 'sorting'],
        group: 'Sorts <rows>!',
      },
      { text: 'Another page', queries: [], group: 'Another page' },
    ])
    expect(indexEntries('nothing').size).toBe(0)
    expect(pageText('plain')).toBe('plain')
  })
})

describe('splitAnswers', () => {
  it('keeps groups together, and refuses too few documents', () => {
    const documents = Array.from({ length: 300 }, (_, i) => ({
      text: `text ${i}`,
      queries: [`query ${i}`, i % 50 === 0 ? 'the same' : `other ${i}`],
      group: `group ${Math.floor(i / 3)}`,
    }))
    const set = splitAnswers('made up', documents)
    const groupsOf = ({ documents: own }: RetrievalPart): Set<string> =>
      new Set(own.map(({ id }) => `group ${Math.floor(Number(id.slice(1)) / 3)}`))
    const [a, b, c] = [set.training, set.validation, set.test].map(groupsOf)
    expect((a as Set<string>).size + (b as Set<string>).size + (c as Set<string>).size).toBe(100)
    expect(set.test.documents).toHaveLength(30)
    expect(set.test.queries.some(({ text }) => text === 'the same')).toBe(false)
    const same = set.training.queries.filter(({ text }) => text === 'the same')
    expect(same).toHaveLength(1)
    expect(set.training.qrels.get(same[0]?.id ?? '')?.size).toBeGreaterThan(1)
    expect(() => splitAnswers('few', documents.slice(0, 3))).toThrow('few: too few documents came')
  })

  it('says which sets there are', async () => {
    await expect(loadRetrievalSet('wordnt')).rejects.toThrow("Did you mean 'wordnet'?")
  })
})
