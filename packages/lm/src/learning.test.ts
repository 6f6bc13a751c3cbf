import { adamW, evaluate, fit, Rng, useBackend, warmupCosine } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { sequenceBatches, sequences } from './data/documents.ts'
import { LanguageModel } from './language-model.ts'
import { grammarEntropy, grammarStream } from './testing/grammar.ts'

describe('a language model', () => {
  it('learns a small grammar to its entropy', async () => {
    await useBackend('onnx')
    const [symbols, tokens, steps] = [8, 16, 400]
    using model = new LanguageModel(
      { vocabulary: symbols, tokens, features: 32, depth: 2, heads: 4 },
      new Rng(1),
    )
    await fit(model, sequenceBatches(grammarStream(50_000, symbols), { tokens, batch: 32 }), {
      steps,
      epochs: 10,
      optimizer: adamW({ learningRate: warmupCosine({ peak: 2e-2, warmup: 40, steps }) }),
    })
    const test = sequences(grammarStream(20_000, symbols, 2), { tokens })
    const { loss } = await evaluate(model, test)
    const least = grammarEntropy(tokens, symbols)
    // One symbol before tells nothing: without attention the loss stays at log 8 = 2.08.
    expect(least).toBeCloseTo(0.657, 3)
    expect(loss).toBeGreaterThan(least - 0.02)
    expect(loss).toBeLessThan(least + 0.03)
  })
})
