/**
 * A source whose entropy is known: each symbol is the last but one again, or one more than that, modulo the number of
 * symbols. The symbol just before tells nothing about it.
 */
import { Rng } from '@winnow/core'

/** Probability of the same again. */
const SURE = 0.75

/** Ids below `symbols`: `[length]`. */
export function grammarStream(length: number, symbols: number, seed = 1): Int32Array {
  const draws = new Rng(seed).uniformValues(length)
  const ids = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const draw = draws[i] as number
    if (i < 2) ids[i] = Math.floor(draw * symbols)
    else ids[i] = ((ids[i - 2] as number) + (draw < SURE ? 0 : 1)) % symbols
  }
  return ids
}

/** Nats per token of sequences of `tokens`: the first is anything, the others one of two. */
export function grammarEntropy(tokens: number, symbols: number): number {
  const each = -SURE * Math.log(SURE) - (1 - SURE) * Math.log(1 - SURE)
  return (Math.log(symbols) + (tokens - 1) * each) / tokens
}
