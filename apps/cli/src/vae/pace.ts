/**
 * How many updates fit in a stretch of time here: a few are made with a throw-away model and timed.
 */
import { adam, fit } from '@winnow/core'
import { type VaeData, type VaeSettings, vaeModel } from './settings.ts'

const WARM = 3
const TIMED = 10

/** Whole updates that take about `seconds`, at least one. The run itself is then a function of this number alone. */
export async function stepsWithin(
  seconds: number,
  data: VaeData,
  settings: VaeSettings,
): Promise<number> {
  using model = vaeModel(settings, data.input)
  const times: number[] = []
  await fit(model, data.training, {
    steps: WARM + TIMED,
    epochs: WARM + TIMED,
    optimizer: adam({ learningRate: 1e-4 }),
    callbacks: [{ onStep: () => void times.push(performance.now()) }],
  })
  const timed = times.slice(-TIMED - 1)
  const each = ((timed.at(-1) ?? 0) - (timed[0] ?? 0)) / 1000 / (timed.length - 1)
  return Math.max(1, Math.floor(seconds / each))
}
