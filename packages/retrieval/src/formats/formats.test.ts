import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rng, WinnowError } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseTextRecords, readBeir, writeBeir } from './beir.ts'
import { formatQrels, parseQrels, readQrels, writeQrels } from './qrels.ts'
import { formatRun, parseRun, readRun, writeRun } from './trec-run.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = new Map([
  [
    'q1',
    [
      { id: 'b', score: 0.1 + 0.2 },
      { id: 'a', score: 12 },
      { id: 'é', score: 12 },
    ],
  ],
  ['q2', [{ id: 'x', score: -1e-9 }]],
])
const qrels = new Map([
  [
    'q1',
    new Map([
      ['a', 2],
      ['b', -1],
    ]),
  ],
  ['q2', new Map([['x', 0]])],
])

describe('runs', () => {
  it('come back as they were, by rank, ties by id descending', async () => {
    const path = join(folder, 'some', 'run.txt')
    await writeRun(path, run, { tag: 'mine' })
    expect(readFileSync(path, 'utf8')).toBe(
      'q1 Q0 é 1 12 mine\nq1 Q0 a 2 12 mine\nq1 Q0 b 3 0.30000000000000004 mine\nq2 Q0 x 1 -1e-9 mine\n',
    )
    const [b, a, accented] = run.get('q1') as [object, object, object]
    expect(await readRun(path)).toEqual(
      new Map<string, unknown>([...run, ['q1', [accented, a, b]]]),
    )
    expect(readdirSync(join(folder, 'some'))).toEqual(['run.txt'])
  })

  it('are read with tabs, blanks, line ends of Windows, comments and empty lines', () => {
    const text = '# a comment\n\nq1\tQ0  a 7\t 2.5 t\r\n   \nq1 Q0 b 1 .5e1 t'
    expect(parseRun(text)).toEqual(
      new Map([
        [
          'q1',
          [
            { id: 'a', score: 2.5 },
            { id: 'b', score: 5 },
          ],
        ],
      ]),
    )
    expect(parseRun('')).toEqual(new Map())
  })

  it('are refused with the line', () => {
    const good = 'q Q0 a 1 2 t\n'
    const refused = (line: string, message: string): void => {
      expect(() => parseRun(`${good}\n${line}`, { name: 'f' })).toThrow(`f, line 3: ${message}`)
    }
    refused('q Q0 b 1 2', '5 fields came, expected 6')
    refused('q Q0 b 1 two t', "the score 'two' is not a number")
    refused('q Q0 b 1 NaN t', "the score 'NaN' is not a number")
    refused('q Q0 b 1 1e999 t', "the score '1e999' is not a number")
    refused('q Q0 b 1 0x10 t', "the score '0x10' is not a number")
    refused('q Q0 a 2 1 t', "document 'a' came twice for query 'q'")
    const broken = new Uint8Array([...Buffer.from(`${good}q Q0 `), 0xff, 0xfe])
    expect(() => parseRun(broken, { name: 'f' })).toThrow('f, line 2: not text in UTF-8')
  })

  it('are not written where they could not be read', () => {
    const one = (query: string, id: string, score: number): Map<string, object[]> =>
      new Map([[query, [{ id, score }]]])
    expect(() => formatRun(one('a b', 'x', 1) as never)).toThrow("query: 'a b' cannot be written")
    expect(() => formatRun(one('q', '', 1) as never)).toThrow("document: '' cannot be written")
    expect(() => formatRun(one('q', 'x', Number.NaN) as never)).toThrow('the score NaN')
    expect(() => formatRun(one('q', '\ud83d', 1) as never)).toThrow('cannot be written')
    expect(() => formatRun(run, { tag: 'my system' })).toThrow("tag: 'my system'")
  })
})

describe('qrels', () => {
  it('come back as they were, in both forms', async () => {
    for (const format of ['trec', 'beir'] as const) {
      const path = join(folder, `qrels.${format}`)
      await writeQrels(path, qrels, { format })
      expect(await readQrels(path)).toEqual(qrels)
    }
    expect(formatQrels(qrels)).toBe('q1 0 a 2\nq1 0 b -1\nq2 0 x 0\n')
    expect(formatQrels(new Map([['q', new Map([['a b', 1]])]]), { format: 'beir' })).toBe(
      'query-id\tcorpus-id\tscore\nq\ta b\t1\n',
    )
  })

  it('are refused with the line', () => {
    const refused = (text: string, message: string): void => {
      expect(() => parseQrels(text, { name: 'f' })).toThrow(`f, line ${message}`)
    }
    refused('q 0 a 1\nq 0 b', '2: 3 fields came, expected 4')
    refused('q 0 a 1.5', "1: the grade '1.5' is not a whole number")
    refused('q 0 a 1\nq 0 a 0', "2: document 'a' was judged twice for query 'q'")
    refused('query-id\tcorpus-id\tscore\nq a 1', '2: 1 fields came, expected 3 separated by tabs')
    refused('query-id\tcorpus-id\tscore\nq\ta\t', "2: the grade '' is not a whole number")
    expect(() => formatQrels(new Map([['q', new Map([['a b', 1]])]]))).toThrow("document: 'a b'")
    expect(() => formatQrels(new Map([['q', new Map([['a', 0.5]])]]))).toThrow('the grade 0.5')
  })
})

describe('BEIR folders', () => {
  const dataset = {
    corpus: [
      { id: 'd 1', text: 'One\nline "more"', title: 'First', metadata: { url: 'x', n: 1 } },
      { id: 'd2', text: '' },
    ],
    queries: [{ id: 'q1', text: 'what?' }],
    qrels: { test: new Map([['q1', new Map([['d 1', 2]])]]) },
  }

  it('come back as they were', async () => {
    const place = join(folder, 'set')
    await writeBeir(place, dataset)
    expect(readdirSync(place).sort()).toEqual(['corpus.jsonl', 'qrels', 'queries.jsonl'])
    expect(await readBeir(place)).toEqual(dataset)
  })

  it('are refused with the file and the line', async () => {
    const place = join(folder, 'broken')
    await writeBeir(place, dataset)
    writeFileSync(join(place, 'queries.jsonl'), '{"_id": "q2", "text": ""}\n')
    await expect(readBeir(place)).rejects.toThrow("test.tsv: query 'q1' is not in")
    writeFileSync(join(place, 'queries.jsonl'), '{"_id": "q1", "text": ""}\n{"_id":')
    await expect(readBeir(place)).rejects.toThrow('queries.jsonl, line 2: not JSON')
    rmSync(join(place, 'queries.jsonl'))
    await expect(readBeir(place)).rejects.toThrow('queries.jsonl: cannot be read: there is no such')
    await writeBeir(place, dataset)
    rmSync(join(place, 'qrels'), { recursive: true })
    await expect(readBeir(place)).rejects.toThrow('qrels: no judgements there')
    mkdirSync(join(place, 'qrels', 'dev.tsv'), { recursive: true })
    await expect(readBeir(place)).rejects.toThrow('it is a folder')
  })

  it('refuses records that are none', () => {
    const refused = (text: string, message: string): void => {
      expect(() => parseTextRecords(text, { name: 'f' })).toThrow(`f, line 2: ${message}`)
    }
    const good = '{"_id": "a", "text": "t"}'
    refused(`${good}\n[]`, 'not a JSON object')
    refused(`${good}\nnull`, 'not a JSON object')
    refused(`${good}\n{"_id": 2, "text": "t"}`, "'_id' is not a string")
    refused(`${good}\n${good}`, "the id 'a' came before")
    refused(`${good}\n{"_id": "b"}`, "'text' is not a string")
    refused(`${good}\n{"_id": "b", "text": "", "title": 1}`, "'title' is not a string")
    refused(`${good}\n{"_id": "b", "text": "", "metadata": []}`, "'metadata' is not an object")
    expect(parseTextRecords(`\ufeff${good}`)).toEqual([{ id: 'a', text: 't' }])
    const marked = new Uint8Array([0xef, 0xbb, 0xbf, ...Buffer.from(good)])
    expect(parseTextRecords(marked)).toEqual([{ id: 'a', text: 't' }])
  })
})

describe('broken bytes', () => {
  it('end in an error of ours or a result, never in another error', () => {
    const rng = new Rng(1)
    const seeds = [
      formatRun(run),
      formatQrels(qrels),
      formatQrels(qrels, { format: 'beir' }),
      '{"_id": "a", "text": "t", "metadata": {}}\n{"_id": "b", "text": "é"}\n',
    ].map((text) => Buffer.from(text))
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from(seeds[i % 4] as Buffer)
      for (let change = 0; change < 3; change++) {
        bytes[Math.floor(rng.number() * bytes.length)] = Math.floor(rng.number() * 256)
      }
      for (const parse of [parseRun, parseQrels, parseTextRecords]) {
        try {
          parse(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(WinnowError)
        }
      }
    }
  })
})
