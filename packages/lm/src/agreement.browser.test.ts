import { Rng, useBackend } from '@winnow/core'
import { trainTokenizer } from '@winnow/text'
import { describe, expect, it } from 'vitest'
import { generate } from './generate.ts'
import { LanguageModel } from './language-model.ts'
import { largestDifference, smallConfig, smallRun } from './testing/small-run.ts'

const greedy = async (): Promise<Int32Array> => {
  using model = new LanguageModel(smallConfig, new Rng(1))
  return await generate(model, [1, 2, 3], { tokens: 5, temperature: 0 })
}

describe('a language model in a browser', () => {
  it('makes the same 5 steps on WebGPU (a software adapter) and cpu, and writes the same', async () => {
    const found = await useBackend({ name: 'webgpu', software: true })
    expect(found.name).toBe('webgpu')
    const [webgpu, written] = [await smallRun(5), await greedy()]
    await useBackend('cpu')
    const cpu = await smallRun(5)
    expect(webgpu).toHaveLength(5)
    expect(largestDifference(cpu, webgpu)).toBeLessThan(1e-3)
    expect(written).toEqual(await greedy())
  })

  it('has a tokenizer', () => {
    const tokenizer = trainTokenizer(['so so so, said the sower 🌱'], { vocabulary: 270 })
    const text = 'sown ☀️ \u0000\n'
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  })
})
