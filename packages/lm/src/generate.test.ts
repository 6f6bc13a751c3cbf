import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, prepareBackend, Rng, useBackend } from '@winnow/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { generate } from './generate.ts'
import { LanguageModel, type LanguageModelConfig } from './language-model.ts'
import { type SampleOptions, sampleLogits } from './sample-logits.ts'
import { smallConfig } from './testing/small-run.ts'

beforeEach(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

/** With large weights, so that what comes next hangs on all tokens before. */
function small(more: Partial<LanguageModelConfig> = {}): LanguageModel {
  const model = new LanguageModel({ ...smallConfig, tokens: 40, ...more }, new Rng(2))
  const rng = new Rng(3)
  for (const [path, parameter] of parameters(model)) {
    if (/[nN]orm|bias$/.test(path)) continue
    const deviation = path.includes('blocks') ? 0.5 : 1
    parameter.assign(rng.normal(parameter.shape, { deviation }))
  }
  return model
}

/** Brings the large logits of such weights to many likely tokens. */
const temperature = 2.5

/** What follows when the logits are each time computed from the first token on. */
function uncached(
  model: LanguageModel,
  prompt: readonly number[],
  options: SampleOptions & { readonly tokens: number; readonly rng?: Rng },
): number[] {
  const ids = [...prompt]
  const { tokens, rng = new Rng(0) } = options
  for (let i = 0; i < tokens; i++) {
    const logits = tf.tidy(() => {
      const all = model.run(tf.tensor2d([ids], undefined, 'int32')).logits
      return (all.arraySync() as number[][][])[0]?.at(-1) as number[]
    })
    ids.push(sampleLogits(logits, rng, options))
  }
  return ids.slice(prompt.length)
}

const greedily = (tokens: number): { tokens: number; temperature: number } => ({
  tokens,
  temperature: 0,
})
const prompt = [3, 1, 4, 1, 5]

describe('generate', () => {
  it.each(['learned', 'rotary', 'alibi', 'sinCos'] as const)(
    'writes by its cache what the model would without, with %s positions',
    async (positions) => {
      const model = small({ positions })
      const drawn = { tokens: 35, temperature }
      const expected = uncached(model, prompt, { ...drawn, rng: new Rng(1) })
      expect(new Set(expected).size).toBeGreaterThan(3)
      expect([...(await generate(model, prompt, { ...drawn, rng: new Rng(1) }))]).toEqual(expected)
      // A prompt longer than what prompts are filled up to.
      const long = expected.slice(0, 19)
      const other = await generate(model, long, greedily(21))
      expect([...other]).toEqual(uncached(model, long, greedily(21)))
    },
  )

  it('does so on onnx', async () => {
    await useBackend('onnx')
    const model = small()
    const expected = uncached(model, prompt, { tokens: 30, temperature, rng: new Rng(1) })
    const made = await generate(model, prompt, { tokens: 30, temperature, rng: new Rng(1) })
    expect([...made]).toEqual(expected)
  })

  it('goes on where the context is full, with its later half', async () => {
    const model = small({ tokens: 8 })
    const made = await generate(model, prompt, { tokens: 11, temperature, rng: new Rng(1) })
    const all = [...prompt, ...made]
    const rng = new Rng(1)
    const following = (from: number, to: number, tokens: number): number[] =>
      uncached(model, all.slice(from, to), { tokens, temperature, rng })
    // 8 tokens fill the context and tell the 9th; then the last 4 begin a new one.
    expect(all.slice(5, 9)).toEqual(following(0, 5, 4))
    expect(all.slice(9, 14)).toEqual(following(5, 9, 5))
    expect(all.slice(14)).toEqual(following(10, 14, 2))
    const long = Array.from({ length: 20 }, (_, i) => i % 12)
    const next = await generate(model, long, greedily(1))
    expect([...next]).toEqual(uncached(model, long.slice(-8), greedily(1)))
  })

  it('draws by its seed', async () => {
    const model = small()
    const draw = async (seed: number): Promise<number[]> => [
      ...(await generate(model, prompt, { tokens: 30, temperature, rng: new Rng(seed) })),
    ]
    expect(await draw(1)).toEqual(await draw(1))
    expect(await draw(2)).not.toEqual(await draw(1))
  })

  it('ends before a stop, and tells each token', async () => {
    const model = small()
    const expected = uncached(model, prompt, { tokens: 30, temperature })
    const stop = expected[9] as number
    const told: number[] = []
    const made = await generate(model, prompt, {
      tokens: 30,
      temperature,
      stop: [100, stop],
      onToken: async (id) => {
        await Promise.resolve()
        told.push(id)
      },
    })
    expect([...made]).toEqual(expected.slice(0, expected.indexOf(stop)))
    expect(told).toEqual([...made])
    expect(await generate(model, prompt, { tokens: 0 })).toHaveLength(0)
  })

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController()
    const told: number[] = []
    const work = generate(small(), prompt, {
      signal: controller.signal,
      onToken: (id) => {
        told.push(id)
        if (told.length === 3) controller.abort(new Error('enough'))
      },
    })
    await expect(work).rejects.toThrow('enough')
    expect(told).toHaveLength(3)
  })

  it('leaves nothing behind, however it ends', async () => {
    const model = small()
    const before = tf.memory().numTensors
    await generate(model, prompt, { tokens: 3 })
    const stop = new Error('stop')
    const onToken = (): void => {
      throw stop
    }
    await expect(generate(model, prompt, { onToken })).rejects.toBe(stop)
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each<[string, readonly number[], Parameters<typeof generate>[2], string]>([
    ['no prompt', [], {}, 'prompt: no ids came'],
    ['an id out of range', [1, 12], {}, 'prompt: the id 12 came'],
    ['half a token', [1], { tokens: 0.5 }, 'tokens: 0.5 came'],
    ['a temperature below 0', [1], { temperature: -1 }, 'temperature: -1 came'],
    ['a topK of 0', [1], { topK: 0 }, 'topK: 0 came'],
    ['a topP over 1', [1], { topP: 1.5 }, 'topP: 1.5 came'],
  ])('refuses %s', async (_, ids, options, words) => {
    await expect(generate(small(), ids, options)).rejects.toThrow(words)
  })
})
