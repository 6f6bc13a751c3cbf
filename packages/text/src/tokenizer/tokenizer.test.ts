import { Tokenizer as Encoder } from '@huggingface/tokenizers'
import { Rng, WinnowError } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { byteCharacters, bytesOfEntry } from './byte-alphabet.ts'
import { type Tokenizer, type TokenizerJson, tokenizerFrom } from './tokenizer.ts'
import { PASSAGE_TOKENS, trainTokenizer } from './train-tokenizer.ts'
import { wordsOf } from './words.ts'

const texts = [
  'In the beginning was the word, and the words were many: the the the.',
  "It's 1984. They'll say we've 12 more years; I'm not so sure.\n\nThe end.\n",
  'Der Fluß fließt. 日本語のテキスト。 Ελληνικά. 👩‍👩‍👧‍👦 and 🌱🌱🌱!',
]
const tokenizer = trainTokenizer(texts, { vocabulary: 320, leastCount: 1 })
const json = (): TokenizerJson => JSON.parse(JSON.stringify(tokenizer))

/** Text of all planes, with many spaces, digits and line ends. */
function anyText(rng: Rng): string {
  const length = Math.floor(rng.number() * 30)
  return Array.from({ length }, () => {
    const kind = rng.number()
    if (kind < 0.3) return ' \n\t\r\u00a0\u3000'[Math.floor(rng.number() * 6)]
    if (kind < 0.6) return String.fromCodePoint(Math.floor(rng.number() * 0x80))
    const point = Math.floor(rng.number() * (kind < 0.8 ? 0x800 : 0x110000))
    return String.fromCodePoint(point >= 0xd800 && point < 0xe000 ? 0xfeff : point)
  }).join('')
}

/** The lowest merge first, one after another, over the whole word. */
function naiveIds({ model }: TokenizerJson, words: readonly string[]): number[] {
  const ranks = new Map(model.merges.map((merge, rank) => [merge.join(' '), rank]))
  return words.flatMap((word) => {
    const parts = Array.from(
      new TextEncoder().encode(word),
      (byte) => byteCharacters[byte] as string,
    )
    for (;;) {
      const found = parts.map((part, i) => ranks.get(`${part} ${parts[i + 1]}`) ?? Infinity)
      const best = Math.min(...found)
      if (!Number.isFinite(best)) return parts.map((part) => model.vocab[part] as number)
      const at = found.indexOf(best)
      parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`)
    }
  })
}

describe('trainTokenizer', () => {
  it('has as many entries as asked for, where there are pairs enough, and uses them', () => {
    expect(tokenizer.vocabulary).toBe(320)
    expect(tokenizer.endOfText).toBe(0)
    const ids = tokenizer.encode(texts.join(''))
    expect(ids.length).toBeLessThan(0.8 * new TextEncoder().encode(texts.join('')).length)
    expect(tokenizer.encode(' the')).toHaveLength(1)
    expect(trainTokenizer(['aaaa'], { vocabulary: 400 }).vocabulary).toBe(258)
    expect(trainTokenizer([], { vocabulary: 257 }).vocabulary).toBe(257)
    for (const vocabulary of [256, 300.5, Number.NaN]) {
      expect(() => trainTokenizer(texts, { vocabulary })).toThrow(`vocabulary: ${vocabulary} came`)
    }
  })

  it('takes other special tokens, whose ids come first', () => {
    const passages = trainTokenizer(texts, {
      vocabulary: 300,
      leastCount: 1,
      special: PASSAGE_TOKENS,
    })
    expect(passages.special).toEqual({ '[PAD]': 0, '[CLS]': 1, '[SEP]': 2, '[MASK]': 3 })
    expect(passages.endOfText).toBeUndefined()
    expect(passages.vocabulary).toBe(300)
    expect(passages.decode(passages.encode('a [MASK] 🌱'))).toBe('a [MASK] 🌱')
    expect(Math.min(...passages.encode('a [MASK] 🌱'))).toBeGreaterThan(3)
    expect(passages.decode([1, ...passages.encode('the'), 2])).toBe('[CLS]the[SEP]')
    expect(tokenizerFrom(JSON.parse(JSON.stringify(passages))).special).toEqual(passages.special)
    expect(tokenizer.special).toEqual({ '<|endoftext|>': 0 })
    for (const special of [['[A]', '[A]'], ['x']]) {
      expect(() => trainTokenizer(texts, { vocabulary: 300, special })).toThrow('special: [')
    }
  })

  it('merges never across words', () => {
    const again = trainTokenizer(['a b a b a b a b'], { vocabulary: 400 })
    for (let id = 257; id < again.vocabulary; id++) expect([' a', ' b']).toContain(again.text(id))
  })
})

describe('a tokenizer', () => {
  it('gives every text back: of all bytes, emoji, white space, and none', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(byte)).join('')
    const rng = new Rng(3)
    const many = Array.from({ length: 500 }, () => anyText(rng))
    for (const text of ['', ' ', '\n', bytes, '🏳️‍🌈 é é', '\ufeffx', ...texts, ...many]) {
      const ids = tokenizer.encode(text)
      expect(tokenizer.decode(ids)).toBe(text)
      expect(tokenizer.bytes(ids)).toEqual(new TextEncoder().encode(text))
    }
    expect(tokenizer.encode('')).toEqual(new Int32Array(0))
    // Half of a pair has no UTF-8.
    expect(tokenizer.decode(tokenizer.encode('a\ud83d!'))).toBe('a\ufffd!')
  })

  it('numbers the words that ids are pieces of', () => {
    for (const text of [...texts, '', '  two  words']) {
      const { ids, words } = tokenizer.encodeWords(text)
      expect(ids).toEqual(tokenizer.encode(text))
      const joined: string[] = []
      for (const [i, word] of words.entries()) {
        joined[word] =
          (joined[word] ?? '') + Buffer.from(tokenizer.bytes([ids[i] as number])).toString('latin1')
      }
      const pieces = joined.map((bytes) => Buffer.from(bytes, 'latin1').toString())
      expect(pieces).toEqual([...wordsOf(text)])
    }
  })

  it('makes the merges in their order, as the library does with a whole text', () => {
    const library = new Encoder({ ...json(), added_tokens: [] }, {})
    const rng = new Rng(7)
    for (const text of [...texts, ...Array.from({ length: 200 }, () => anyText(rng))]) {
      const ids = [...tokenizer.encode(text)]
      expect(ids).toEqual(library.encode(text).ids)
    }
    const words = ['In', ' the', ' beginning', ' thethethe']
    expect([...tokenizer.encode(words.join(''))]).toEqual(naiveIds(json(), words))
  })

  it('takes the name of a special token in a text for text, and writes it out', () => {
    const text = 'a<|endoftext|>b'
    expect([...tokenizer.encode(text)]).not.toContain(0)
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    expect(tokenizer.decode([0])).toBe('<|endoftext|>')
    const added = [...json().added_tokens, { id: 320, content: 'zebra', special: true }]
    const more = tokenizerFrom({ ...json(), added_tokens: added })
    expect(more.encode('a zebra')).toEqual(tokenizer.encode('a zebra'))
    expect([...more.encode('zebra')]).not.toContain(320)
    expect(more.decode([320])).toBe('zebra')
  })

  it('shows single ids, with bytes that are no character', () => {
    const [a, dot] = [1 + 'a'.charCodeAt(0), 1 + '.'.charCodeAt(0)]
    expect([a, dot, 1 + 0xe2, 1 + 0x0a].map((id) => tokenizer.text(id))).toEqual([
      'a',
      '.',
      '\\xE2',
      '\n',
    ])
    const whole = Array.from({ length: tokenizer.vocabulary }, (_, id) => tokenizer.text(id))
    expect(whole).toContain(' the')
    expect(new Set(whole).size).toBe(whole.length)
  })

  it('is made again from its JSON', () => {
    const again: Tokenizer = tokenizerFrom(json())
    expect(again.encode(texts.join())).toEqual(tokenizer.encode(texts.join()))
    expect(again.toJSON()).toEqual(tokenizer.toJSON())
    const old = { ...json(), model: { ...json().model } }
    // Merges as one string each, as older files have them.
    Object.assign(old.model, { merges: json().model.merges.map((merge) => merge.join(' ')) })
    expect(tokenizerFrom(old).encode(texts.join())).toEqual(tokenizer.encode(texts.join()))
  })

  it.each<[string, (good: TokenizerJson) => unknown, string]>([
    ['nothing', () => undefined, 'expected BPE'],
    ['another model', (good) => ({ ...good, model: { type: 'WordPiece' } }), 'WordPiece'],
    ['a normalizer', (good) => ({ ...good, normalizer: { type: 'NFC' } }), 'NFC'],
    [
      'a space before',
      (good) => ({ ...good, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } }),
      'add_prefix_space true',
    ],
    ['no vocabulary', (good) => ({ ...good, model: { type: 'BPE', merges: [] } }), 'vocab'],
    [
      'a gap',
      (good) => ({ ...good, model: { ...good.model, vocab: { ...good.model.vocab, Ġ: 999 } } }),
      "the id 999 of 'Ġ'",
    ],
    [
      'an id twice',
      (good) => ({ ...good, model: { ...good.model, vocab: { ...good.model.vocab, Ġ: 5 } } }),
      'came, expected each',
    ],
    [
      'a byte too few',
      (good) => {
        const { Ġ: id, ...vocab } = good.model.vocab
        return { ...good, model: { ...good.model, vocab: { ...vocab, 'ab¶': id } } }
      },
      '255 entries of one byte',
    ],
    [
      'a character that stands for no byte',
      (good) => {
        const { Ġthe: id, ...vocab } = good.model.vocab
        return { ...good, model: { ...good.model, vocab: { ...vocab, '✓✓': id } } }
      },
      "the entry '✓✓'",
    ],
    ['broken merges', (good) => ({ ...good, model: { ...good.model, merges: [7] } }), 'read'],
  ])('refuses %s', (_, spoil, words) => {
    expect(() => tokenizerFrom(spoil(json()))).toThrow(WinnowError)
    expect(() => tokenizerFrom(spoil(json()))).toThrow(words)
  })

  it('refuses ids that are not there', () => {
    for (const id of [-1, 320, 1.5]) {
      expect(() => tokenizer.decode([id])).toThrow(`the id ${id} came, expected whole numbers`)
    }
  })
})

describe('the byte alphabet', () => {
  it('has a character for each byte, as GPT-2 has it', () => {
    expect(new Set(byteCharacters).size).toBe(256)
    expect([0, 0x20, 0x41, 0x7f, 0xad].map((byte) => byteCharacters[byte])).toEqual([
      'Ā',
      'Ġ',
      'A',
      'ġ',
      'Ń',
    ])
    expect(bytesOfEntry('Ġé')).toEqual(Uint8Array.of(0x20, 0xe9))
    expect(bytesOfEntry('✓')).toBeUndefined()
  })
})
