import { type FitCallbacks, Module, type Progress, type Run } from '@winnow/core'
import { expect, it } from 'vitest'
import { fewer, Interrupted, type Stage, trainWithin, type Watch } from './stage.ts'

class Model extends Module {}

/** A training whose updates take what `seconds` says, on a clock of its own. */
function machine(seconds: (call: number) => number) {
  let [clock, calls] = [0, 0]
  const planned: number[] = []
  const learn = async (steps: number, { callbacks = [], signal }: Watch) => {
    const call = calls++
    planned.push(steps)
    let step = 0
    while (step < steps && signal?.aborted !== true) {
      step++
      clock += seconds(call)
      const progress = { step, steps, epoch: 1, epochs: 1, rate: 1, metrics: {} } as Progress
      for (const one of callbacks as readonly FitCallbacks[]) one.onStep?.(progress)
    }
    return { model: new Model(), run: { steps: step, history: { steps: [] } } as unknown as Run }
  }
  const controller = new AbortController()
  const stage: Stage = {
    seconds: 100,
    shrink: 1,
    signal: controller.signal,
    stream: { write: () => undefined },
    now: () => clock,
  }
  return { learn, planned, stage, controller }
}
const shown = { metrics: [], items: 'items' }

it('makes as many updates as fit beside the measures', async () => {
  const { learn, planned, stage } = machine(() => 0.5)
  const { run, trainingSeconds, note } = await trainWithin(stage, 0, learn, shown)
  expect(planned).toHaveLength(2)
  // 80 of 100 seconds, less what it took to find out.
  expect(run.steps).toBeGreaterThan(140)
  expect(trainingSeconds).toBeLessThanOrEqual(80)
  expect(note).toBeUndefined()
})

it('ends when the machine becomes slower, and says so', async () => {
  const { learn, stage } = machine((call) => (call === 0 ? 0.5 : 2))
  const { run, trainingSeconds, note } = await trainWithin(stage, 0, learn, shown)
  expect(trainingSeconds).toBeLessThan(110)
  expect(run.steps).toBeLessThan(60)
  expect(note).toMatch(/^The machine became slower: training ended after \d+ of \d+ updates\.$/)
})

it('makes the updates that are asked for, without a trial', async () => {
  const { learn, planned, stage } = machine(() => 50)
  const { run } = await trainWithin({ ...stage, steps: 7 }, 0, learn, shown)
  expect([planned, run.steps]).toEqual([[7], 7])
})

it('keeps what was learnt when it is interrupted, and nothing where nothing was', async () => {
  const { learn, stage, controller } = machine(() => 0.5)
  const interrupting = async (steps: number, watch: Watch) => {
    const callbacks = [
      ...(watch.callbacks ?? []),
      { onStep: ({ step }: Progress) => (step === 9 ? controller.abort() : undefined) },
    ]
    return await learn(steps, { ...watch, callbacks })
  }
  const { run, note } = await trainWithin({ ...stage, steps: 20 }, 0, interrupting, shown)
  expect([run.steps, note]).toEqual([9, 'Interrupted after 9 of 20 updates.'])
  await expect(trainWithin(stage, 0, learn, shown)).rejects.toThrow(Interrupted)
})

it('divides sizes in tests, down to a least', () => {
  expect(fewer({ shrink: 1 }, 500, 20)).toBe(500)
  expect(fewer({ shrink: 50 }, 500, 20)).toBe(20)
  expect(fewer({ shrink: 50 }, 5000, 20)).toBe(100)
  expect(fewer({ shrink: 50 }, 8, 20)).toBe(8)
})
