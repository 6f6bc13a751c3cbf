import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng, slots } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { passageArrays } from '../pretrain/passages.ts'
import { smallEncoder, smallTexts, smallTokenizer } from '../testing/small.ts'
import { PassageEncoder } from './passage-encoder.ts'
import { specialIdsOf } from './special-ids.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const idsOf = (texts: readonly string[], tokens: number): tf.Tensor => {
  const { ids } = passageArrays(smallTokenizer, texts, { tokens })
  return tf.tensor(ids.data, [...ids.shape], 'int32')
}

describe('PassageEncoder', () => {
  it('gives the first token and all tokens, of passages and of shorter ones', () => {
    const encoder = new PassageEncoder(smallEncoder, new Rng(1))
    const code = encoder.forward(idsOf(smallTexts, 24))
    expect(code.class.shape).toEqual([4, 16])
    expect(code.tokens.shape).toEqual([4, 24, 16])
    expect(code.class.arraySync()).toEqual(
      (code.tokens.arraySync() as number[][][]).map(([first]) => first),
    )
    expect(encoder.logits(code.tokens).shape).toEqual([4, 24, 300])
  })

  it('looks both ways, and never at padding', () => {
    const encoder = new PassageEncoder(smallEncoder, new Rng(1))
    const vector = (texts: readonly string[], tokens: number): number[] => [
      ...encoder.forward(idsOf(texts, tokens)).class.dataSync(),
    ]
    const short = vector(['the sea'], 8)
    expect(vector(['the sea'], 40)).toBeAllClose(short, { absolute: 1e-5 })
    expect(vector(['the sun'], 8)).not.toBeAllClose(short, { absolute: 1e-3 })
  })

  it('has a mean of real tokens alone', () => {
    const encoder = new PassageEncoder(smallEncoder, new Rng(1))
    const mean = (tokens: number): ArrayLike<number> => {
      const ids = idsOf(['rain on hills'], tokens)
      return encoder.mean(ids, encoder.forward(ids)).dataSync()
    }
    expect(mean(30)).toBeAllClose(mean(10), { absolute: 1e-5 })
  })

  it('ties its head to the embedding', () => {
    const encoder = new PassageEncoder(smallEncoder, new Rng(1))
    const tables = [...slots(encoder).values()].filter(({ slot }) => slot.shape.includes(300))
    expect(tables.map(({ path }) => path)).toEqual(['transformer.embedding.weight'])
  })

  it('refuses a tokenizer without its tokens, and passages without room', () => {
    expect(() => specialIdsOf({ special: { '<|endoftext|>': 0 } })).toThrow(
      'it has no [PAD], expected one trained with special: PASSAGE_TOKENS; it has <|endoftext|>',
    )
    expect(() => passageArrays(smallTokenizer, ['a'], { tokens: 2 })).toThrow('tokens: 2 came')
    expect(() => passageArrays(smallTokenizer, [], { tokens: 9 })).toThrow('none came')
    expect(() => new PassageEncoder({ ...smallEncoder, tokens: 2 }, new Rng(1))).toThrow(
      'tokens: 2',
    )
  })
})
