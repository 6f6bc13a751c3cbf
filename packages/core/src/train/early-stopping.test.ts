import { describe, expect, it } from 'vitest'
import { checkEarlyStopping, type StoppingState, seeEpoch } from './early-stopping.ts'
import type { EpochRecord } from './history.ts'

const epoch = (loss: number, validation?: number): EpochRecord => ({
  epoch: 1,
  steps: 1,
  seconds: 0,
  training: { loss },
  ...(validation === undefined ? {} : { validation: { loss: validation } }),
})

const watch = (records: readonly EpochRecord[], options: Parameters<typeof seeEpoch>[2]) => {
  let state: StoppingState | undefined
  return records.map((record) => {
    const seen = seeEpoch(state, record, options)
    state = seen.state
    return `${seen.improved ? '+' : '-'}${seen.stop ? '!' : ''}`
  })
}

describe('early stopping', () => {
  it('stops after `patience` epochs without improvement', () => {
    expect(
      watch(
        [3, 2, 2.5, 2.4, 2.3].map((l) => epoch(l)),
        { patience: 2 },
      ),
    ).toEqual(['+', '+', '-', '-!', '-!'])
    expect(
      watch(
        [3, 2.95, 2].map((l) => epoch(l)),
        { patience: 2, minimumChange: 0.1 },
      ),
    ).toEqual(['+', '-', '+'])
    expect(
      watch(
        [1, 2, 1].map((l) => epoch(l)),
        { patience: 1, better: 'higher' },
      ),
    ).toEqual(['+', '+', '-!'])
  })

  it('looks at validation where there is any', () => {
    expect(watch([epoch(3, 1), epoch(2, 2)], { patience: 1 })).toEqual(['+', '-!'])
  })

  it('refuses an unknown metric and a bad patience', () => {
    expect(() => watch([epoch(1)], { patience: 1, metric: 'lose' })).toThrow(
      "'lose' is not among loss",
    )
    expect(() => checkEarlyStopping({ patience: 0 })).toThrow('patience: 0 came')
  })
})
