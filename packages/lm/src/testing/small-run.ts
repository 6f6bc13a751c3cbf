/**
 * A few updates of a small language model, for comparing backends.
 */
import { adamW, fit, Rng } from '@winnow/core'
import { sequenceBatches } from '../data/documents.ts'
import { LanguageModel, type LanguageModelConfig } from '../language-model.ts'
import { grammarStream } from './grammar.ts'

export const smallConfig: LanguageModelConfig = {
  vocabulary: 12,
  tokens: 8,
  features: 16,
  depth: 2,
  heads: 2,
}

/** The losses of `steps` updates from fixed seeds. */
export async function smallRun(steps = 10): Promise<number[]> {
  using model = new LanguageModel({ ...smallConfig, dropout: 0.1 }, new Rng(3))
  const data = sequenceBatches(grammarStream(800, 12), { tokens: 8, batch: 8 })
  const run = await fit(model, data, { steps, seed: 5, optimizer: adamW({ learningRate: 1e-2 }) })
  return run.history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN)
}

/** The largest distance between two runs' losses, relative to the first's. */
export function largestDifference(one: readonly number[], other: readonly number[]): number {
  return one.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN)) / value),
    0,
  )
}
