/**
 * Frequency tables of the channels of a factorised entropy model, kept in a State: made once, of floats, and from then on
 * integers that travel with the model's weights.
 */
import { tensor, zeros } from '@tensorflow/tfjs-core'
import { check, Module, State } from '@winnow/core'
import { FrequencyTable, quantiseFrequencies } from '../../entropy-coding/frequency-table.ts'
import type { FactorizedEntropy } from '../../entropy-model/factorized-entropy.ts'

/** Slots: the State `integers` `[channels, entries + 2]`: the value of the first entry, all counts, the escape's count. */
export class StoredTables extends Module {
  readonly integers: State
  #made: { readonly from: object; readonly tables: readonly FrequencyTable[] } | undefined

  /** @param entries how many values have an entry of their own; for others there is the escape */
  constructor(channels: number, entries: number) {
    super()
    this.integers = new State(zeros([channels, entries + 2], 'int32'))
  }

  /** Makes the tables anew from what the model has learned. */
  async store(entropy: FactorizedEntropy): Promise<void> {
    const [channels, width] = this.integers.shape as [number, number]
    const integers = new Int32Array(channels * width)
    for (const [channel, found] of (await entropy.probabilities()).entries()) {
      const { offset, probabilities } = mostProbable(found, width - 2)
      const { cumulative } = quantiseFrequencies(probabilities, { offset })
      integers[channel * width] = offset
      for (let i = 1; i < width; i++) {
        integers[channel * width + i] = (cumulative[i] as number) - (cumulative[i - 1] as number)
      }
    }
    this.integers.assign(tensor(integers, [channels, width], 'int32'))
  }

  /** @throws WinnowError where none were stored yet */
  async tables(): Promise<readonly FrequencyTable[]> {
    const from = this.integers.value
    if (this.#made?.from === from) return this.#made.tables
    const [channels, width] = this.integers.shape as [number, number]
    const integers = await from.data()
    check(
      integers.some((value) => value !== 0),
      () => 'codec: it is not ready to code: call prepareForCoding(images) first',
    )
    const tables = Array.from({ length: channels }, (_, channel) => {
      const [offset, ...counts] = integers.subarray(channel * width, (channel + 1) * width)
      return new FrequencyTable(offset as number, counts)
    })
    this.#made = { from, tables }
    return tables
  }
}

/** Exactly `count` neighbours with the most probability among them; where there are fewer, zeros on both sides. */
function mostProbable(
  found: { readonly offset: number; readonly probabilities: Float64Array },
  count: number,
): { offset: number; probabilities: Float64Array } {
  const { offset, probabilities } = found
  const { length } = probabilities
  const out = new Float64Array(count)
  if (length <= count) {
    const before = (count - length) >> 1
    out.set(probabilities, before)
    return { offset: offset - before, probabilities: out }
  }
  let sum = 0
  let best = { sum: -1, start: 0 }
  for (let end = 0; end < length; end++) {
    sum +=
      (probabilities[end] as number) - (end < count ? 0 : (probabilities[end - count] as number))
    if (end >= count - 1 && sum > best.sum) best = { sum, start: end - count + 1 }
  }
  out.set(probabilities.subarray(best.start, best.start + count))
  return { offset: offset + best.start, probabilities: out }
}
