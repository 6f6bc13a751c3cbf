import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { winnow } from '../testing/command-line.ts'

let folder: string
let index: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  index = join(folder, 'texts.index')
  const texts = join(folder, 'texts')
  mkdirSync(join(texts, 'deep', '.hidden'), { recursive: true })
  writeFileSync(join(texts, 'plain.txt'), 'The kettle boils. Nothing else happens.')
  writeFileSync(
    join(texts, 'deep', 'notes.md'),
    '---\ndraft: true\n---\n# About *teapots*\n\nA [teapot](https://example.org/kettle) holds **tea**.\n',
  )
  writeFileSync(
    join(texts, 'page.html'),
    '<title>Cups &amp; saucers</title><script>let kettle</script><p>A cup<b>board</b> of cups<br>and <i>saucers',
  )
  writeFileSync(
    join(texts, 'rows.jsonl'),
    '{"_id": "a", "title": "Spoons", "text": "silver"}\n\n{"text": "a fork\\u001b[31m and knives"}\n',
  )
  writeFileSync(join(texts, 'deep', '.hidden', 'secret.txt'), 'kettle kettle kettle')
  writeFileSync(join(texts, 'latin.txt'), Buffer.from([0x6b, 0xe9, 0x74]))
  writeFileSync(join(texts, 'blank.txt'), ' \n')
  const { code, out, err } = await winnow('search', 'index', texts, '--out', index, '--no-model')
  expect({ code, err }).toEqual({
    code: 0,
    err: `left out: ${join(texts, 'latin.txt')}: not text in UTF-8\n5 of 5 passages\n`,
  })
  expect(out).toMatch(/texts\.index: 5 passages of 5 texts in 5 files, found by words, 0\.0 MB/)
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Found {
  readonly id: string
  readonly path: string
  readonly title: string
  readonly text: string
  readonly highlights: readonly { start: number; end: number }[]
}

async function found(query: string, ...options: readonly string[]): Promise<readonly Found[]> {
  const { code, out } = await winnow(
    'search',
    'query',
    query,
    '--index',
    index,
    '--json',
    ...options,
  )
  expect(code).toBe(0)
  return JSON.parse(out)
}

describe('winnow search', () => {
  it('finds passages, and marks the words of the query', async () => {
    const { code, out, err } = await winnow(
      'search',
      'query',
      'boiling the KETTLES',
      '--index',
      index,
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(
      /^plain\.txt {2}\(\d\.\d+\)\n {4}The \*\*kettle\*\* \*\*boils\*\*\. Nothing/,
    )
    // Neither where a link leads, nor a script, nor a hidden folder is text.
    expect(out.split('\n')).toHaveLength(3)
  })

  it('gives JSON with the places of the marks', async () => {
    const [notes, ...more] = await found('tea teapot')
    expect(more).toEqual([])
    expect(notes).toMatchObject({
      id: 'deep/notes.md:1',
      path: 'deep/notes.md',
      title: 'About teapots',
      text: 'About *teapots*\n\nA teapot holds tea.',
    })
    const words = notes?.highlights.map(({ start, end }) => notes.text.slice(start, end))
    expect(words).toEqual(['teapots', 'teapot', 'tea'])
  })

  it('reads the text of pages and lines of JSON, and finds by title', async () => {
    const [page] = await found('cupboard')
    expect(page).toMatchObject({ title: 'Cups & saucers', text: 'A cupboard of cups\nand saucers' })
    const [spoon] = await found('spoon')
    expect(spoon).toMatchObject({ id: 'rows.jsonl#a:1', title: 'Spoons', text: 'silver' })
    expect((await found('fork'))[0]?.id).toBe('rows.jsonl#3:1')
  })

  it('lets no text steer the terminal', async () => {
    const { out } = await winnow('search', 'query', 'knives', '--index', index)
    expect(out).toContain('a fork[31m and **knives**')
    expect(out).not.toContain('\u001b')
  })

  it('has at most k answers, one of each document', async () => {
    const texts = join(folder, 'long')
    mkdirSync(texts)
    writeFileSync(join(texts, 'long.txt'), 'kettle and more. '.repeat(1000))
    writeFileSync(join(texts, 'short.txt'), 'one kettle')
    const out = join(folder, 'long.index')
    await winnow('search', 'index', texts, '--out', out, '--no-model')
    const all = JSON.parse(
      (await winnow('search', 'query', 'kettle', '--index', out, '--json', '--k', '9')).out,
    ) as Found[]
    expect(all.map(({ path }) => path).sort()).toEqual(['long.txt', 'short.txt'])
    const one = await winnow('search', 'query', 'kettle', '--index', out, '--k', '1')
    expect(one.out.match(/\.txt/g)).toHaveLength(1)
    expect(one.out.length).toBeLessThan(500)
  })

  it('says so where nothing is found, or nothing was asked', async () => {
    const nothing = await winnow('search', 'query', 'xyzzy', '--index', index)
    expect(nothing).toEqual({ code: 0, out: '', err: 'nothing found in 5 passages\n' })
    expect(await found('xyzzy')).toEqual([])
    const empty = await winnow('search', 'query', ' ', '--index', index)
    expect(empty).toMatchObject({
      code: 1,
      err: 'winnow: query: nothing came, expected words to look for\n',
    })
    const long = await winnow('search', 'query', 'kettle '.repeat(100_000), '--index', index)
    expect(long.out).toContain('**kettle**')
  })

  it('refuses folders without texts, and indexes that are none, in words', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    const refused = async (message: string, ...args: readonly string[]): Promise<void> => {
      const { code, err } = await winnow('search', ...args)
      expect(code).toBe(1)
      expect(err).toContain(message)
      expect(err).not.toContain('mistake in Winnow')
    }
    await refused('empty: no texts there, expected .txt', 'index', empty)
    await refused('there is no such file or folder', 'index', join(folder, 'gone'))
    writeFileSync(join(empty, 'blank.md'), '\n')
    await refused('empty: nothing is written there', 'index', empty)
    writeFileSync(join(empty, 'twice.jsonl'), '{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}\n')
    await refused("twice.jsonl, line 2: the id '1' came before", 'index', empty)
    writeFileSync(join(empty, 'twice.jsonl'), '{"id": 1, "text": "a"}\n{"id": 2}\n')
    await refused("twice.jsonl, line 2: expected an object with 'text'", 'index', empty)
    writeFileSync(join(empty, 'twice.jsonl'), '{"id": 1, "text": "a"}\nnull\n')
    await refused("twice.jsonl, line 2: expected an object with 'text'", 'index', empty)
    const broken = join(folder, 'broken.index')
    await refused(
      'broken.index: cannot be read: there is no such file',
      'query',
      'x',
      '--index',
      broken,
    )
    writeFileSync(broken, readFileSync(index).subarray(0, 500))
    await refused('broken.index:', 'query', 'x', '--index', broken)
    writeFileSync(broken, 'hello, this is no index at all')
    await refused('broken.index: not a safetensors file', 'query', 'x', '--index', broken)
  })

  it('finds by words and meaning with the model that comes along, offline', async () => {
    const out = join(folder, 'meaning.index')
    const made = await winnow(
      ...['search', 'index', join(folder, 'texts'), '--out', out, '--backend', 'cpu'],
    )
    expect(made).toMatchObject({
      code: 0,
      out: expect.stringContaining('found by words and meaning'),
    })
    const asked = await winnow(
      ...['search', 'query', 'kettles', '--index', out, '--json', '--backend', 'cpu'],
    )
    const [first, ...others] = JSON.parse(asked.out) as Found[]
    expect(first).toMatchObject({ path: 'plain.txt', highlights: [{ start: 4, end: 10 }] })
    // What has none of the words comes behind.
    expect(others.length).toBeGreaterThan(0)
  })

  it('leaves the old index where a new one fails', async () => {
    const before = readFileSync(index)
    const { code } = await winnow('search', 'index', join(folder, 'gone'), '--out', index)
    expect(code).toBe(1)
    expect(Buffer.compare(readFileSync(index), before)).toBe(0)
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([])
  })
})
