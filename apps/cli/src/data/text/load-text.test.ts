import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rng, WinnowError } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packCompressed, packVerses, putTexts } from '../../testing/tiny-texts.ts'
import { uncompress } from './compressed.ts'
import { loadKingJames, readVerses } from './king-james.ts'
import { loadText } from './load-text.ts'
import { splitTexts } from './split-texts.ts'
import { loadStateOfTheUnion } from './state-of-the-union.ts'
import { loadTextFiles } from './text-files.ts'
import { loadWordnet } from './wordnet.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const sizeOf = (texts: readonly string[]): number =>
  texts.reduce((sum, { length }) => sum + length, 0)

describe('named texts', () => {
  it('has glosses of WordNet with their words, in parts without a common gloss', async () => {
    const { name, training, validation, test } = await loadText('WordNet')
    expect(name).toBe('wordnet')
    expect(training.length + validation.length + test.length).toBe(117_791)
    const all = [training, validation, test]
    expect(all.flat()).toContain('physical entity: an entity that has physical existence')
    const dog = all.flat().find((text) => text.startsWith('dog, domestic dog, Canis familiaris: '))
    expect(dog).toMatch(/"the dog barked all night"$/)
    expect(all.flat().filter((text) => /\((a|p|ip)\)[,:]/.test(text))).toEqual([])
    const glosses = all.map((texts) => new Set(texts.map((text) => text.replace(/^.*?: /, ''))))
    for (const gloss of [...(glosses[1] as Set<string>), ...(glosses[2] as Set<string>)]) {
      expect(glosses[0]?.has(gloss)).toBe(false)
    }
    for (const part of [validation, test]) {
      expect(sizeOf(part) / sizeOf(all.flat())).toBeCloseTo(0.05, 3)
    }
  })

  it('has addresses by year', async () => {
    const documents = await loadStateOfTheUnion()
    expect(documents).toHaveLength(233)
    expect(documents[0]?.group).toBe('1790')
    expect(documents[0]?.text).toMatch(/^Fellow-Citizens of the Senate and House/)
    const { training, validation, test } = await loadText('sotu')
    expect(training.length + validation.length + test.length).toBe(233)
  })

  it('are joined where several are named', async () => {
    const texts = putTexts(join(folder, 'some'), 30)
    const [one, both] = [await loadText(texts), await loadText(`sotu, ${texts}`)]
    const sotu = await loadText('sotu')
    expect(both.name).toBe('sotu+some')
    expect(both.test).toEqual([...sotu.test, ...one.test])
  })

  it('says which there are, and how to get them', async () => {
    await expect(loadText('wordnte')).rejects.toThrow(WinnowError)
    await expect(loadText('wordnte')).rejects.toThrow(
      "'wordnte' is neither known nor a file or folder here. Did you mean 'wordnet'?",
    )
    await expect(loadWordnet(join(folder, 'none'))).rejects.toThrow('data.noun: cannot be read')
  })
})

describe('King James', () => {
  const verses = [
    'Holy Bible, a title',
    ...Array.from({ length: 40 }, (_, i) => `Ge${1 + (i >> 3)}:${1 + (i % 8)} And verse ${i}.`),
    '1Sa1:1 Now there was a man.',
  ]

  it('is read by chapters from its packed windows', async () => {
    const cache = join(folder, 'cache')
    const place = join(cache, 'debian', 'bible-kjv-text', 'usr', 'lib')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'bible.data'), packVerses(`${verses.join('\n')}\n`, 256))
    const chapters = await loadKingJames({ cache })
    expect(chapters.map(({ group }) => group)).toEqual(['Ge1', 'Ge2', 'Ge3', 'Ge4', 'Ge5', '1Sa1'])
    expect(chapters[1]?.text.split('\n')).toEqual(
      Array.from({ length: 8 }, (_, i) => `And verse ${i + 8}.`),
    )
  })

  it('is refused where the file is another, or broken', () => {
    const good = packVerses(verses.join('\n'), 256)
    expect(readVerses(good, 'x')).toEqual(verses.slice(1))
    for (let length = 0; length < good.length; length += 7) {
      expect(() => readVerses(good.subarray(0, length), 'x')).toThrow(WinnowError)
    }
    const many = Uint8Array.from(good)
    new DataView(many.buffer).setUint32(0x58, 60_000)
    expect(() => readVerses(many, 'x')).toThrow('more than the file can hold')
  })
})

describe('uncompress', () => {
  it('gives back what was packed, through every width and repeats of a code in the making', () => {
    const rng = new Rng(1)
    const samples = [
      'a'.repeat(5000),
      'abababab',
      '',
      Array.from(
        { length: 60_000 },
        () => 'etaoin shrdlu'[Math.floor(rng.number() ** 2 * 13)],
      ).join(''),
    ]
    for (const text of samples) {
      const bytes = new TextEncoder().encode(text)
      expect(uncompress(packCompressed(bytes), 'x')).toEqual(bytes)
    }
    const noise = Uint8Array.from({ length: 40_000 }, () => Math.floor(rng.number() * 256))
    expect(uncompress(packCompressed(noise), 'x')).toEqual(noise)
  })

  it('empties its table where it is told to, and refuses codes that stand for nothing', () => {
    // 9 bits each, in groups of eight: 'a', clear; then 'b' alone.
    const packed = new Uint8Array(11)
    packed.set([97, 0, 2], 0)
    packed.set([98, 0], 9)
    expect(uncompress(packed, 'x')).toEqual(Uint8Array.of(97, 98))
    expect(() => uncompress(Uint8Array.of(0xff, 0x01), 'x')).toThrow('x: the code 511 came')
  })
})

describe('files', () => {
  it('are read in order, those of a folder below each other, with plain line ends', async () => {
    const place = join(folder, 'files')
    mkdirSync(join(place, 'b'), { recursive: true })
    writeFileSync(join(place, 'b', 'x.md'), '# two\r\nlines\r\n')
    writeFileSync(join(place, 'a.TXT'), 'one\n')
    writeFileSync(join(place, 'c.pdf'), 'no text')
    writeFileSync(join(place, 'd.txt'), ' \n')
    const texts = (await loadTextFiles(place)).map(({ text }) => text)
    expect(texts).toEqual(['one', '# two\nlines'])
  })

  it('are refused where they are no text, and folders without any', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    await expect(loadText(empty)).rejects.toThrow('no texts there, expected .txt, .md files')
    const bad = join(folder, 'bad.txt')
    writeFileSync(bad, Uint8Array.of(0x61, 0xff))
    await expect(loadText(bad)).rejects.toThrow('bad.txt: not text in UTF-8')
    const short = join(folder, 'short.txt')
    writeFileSync(short, 'few')
    await expect(loadText(short)).rejects.toThrow('too little text came')
    writeFileSync(short, '\n \n')
    await expect(loadText(short)).rejects.toThrow('nothing is written there')
  })
})

describe('splitTexts', () => {
  it('keeps groups together, and always makes the same choice', () => {
    const documents = Array.from({ length: 400 }, (_, i) => ({
      text: `text ${1000 + i}`,
      group: String(i % 100),
    }))
    const parts = splitTexts('x', documents)
    const part = new Map<string, string>()
    for (const [name, texts] of Object.entries(parts)) {
      for (const text of texts as readonly string[]) {
        const group = String((Number(text.slice(5)) - 1000) % 100)
        expect(part.get(group) ?? name).toBe(name)
        part.set(group, name)
      }
    }
    expect([...part.values()].filter((name) => name === 'test')).toHaveLength(5)
    expect([...part.values()].filter((name) => name === 'validation')).toHaveLength(5)
    expect(Object.values(parts).flat()).toHaveLength(400)
    expect(splitTexts('x', documents)).toEqual(parts)
  })

  it('cuts few texts where lines end', () => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${String(i).padStart(3, '0')}\n`)
    const parts = splitTexts('x', [{ text: lines.join(''), group: 'a' }])
    expect(parts.training).toEqual([lines.slice(0, 91).join('')])
    expect(parts.validation).toEqual([lines.slice(91, 96).join('')])
    expect(parts.test).toEqual([lines.slice(96).join('')])
    const words = splitTexts('x', [{ text: 'word '.repeat(100), group: 'a' }])
    expect(Object.values(words).flat().join('')).toBe('word '.repeat(100))
  })
})
