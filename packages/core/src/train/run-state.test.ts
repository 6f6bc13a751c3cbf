import { getHeapStatistics } from 'node:v8'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module } from '../module.ts'
import { Parameter, State } from '../slot.ts'
import { Snapshot } from '../snapshot.ts'
import { fuzzReader } from '../testing/hostile-files.ts'
import { resumeFrom, runCheckpoint } from './run-checkpoint.ts'
import { beginEpoch, isRunState, newRunState, type RunState } from './run-state.ts'
import { runWarnings } from './warnings.ts'

const metrics = { loss: 1.5, gradientNorm: 2 }
const full = (): RunState => ({
  ...newRunState(),
  step: 3,
  epoch: 1,
  offset: 1,
  epochSteps: 1,
  epochSeconds: 0.5,
  mean: { loss: { sum: 3, weight: 2 } },
  stopping: { best: 1, waited: 2 },
  steps: [{ step: 1, epoch: 1, metrics }],
  epochs: [{ epoch: 1, steps: 2, seconds: 1, training: metrics, validation: metrics }],
  warnings: ['epoch 1: a warning'],
})

describe('the state of a run', () => {
  it('is what it was after a file, whatever is not finite becoming null', () => {
    expect(isRunState(JSON.parse(JSON.stringify(newRunState())))).toBe(true)
    const state = full()
    expect(isRunState(JSON.parse(JSON.stringify(state)))).toBe(true)
    state.epochs.push({ epoch: 2, steps: 1, seconds: 1, training: { loss: Number.NaN } })
    expect(isRunState(JSON.parse(JSON.stringify(state)))).toBe(true)
    beginEpoch(state)
    expect(state).toMatchObject({ epoch: 2, offset: 0, epochSteps: 0, epochSeconds: 0, mean: {} })
  })

  it.each([
    ['step', 1.5],
    ['epoch', -1],
    ['offset', '1'],
    ['epochSteps', null],
    ['epochSeconds', null],
    ['mean', []],
    ['mean', { loss: 3 }],
    ['mean', { loss: { sum: 'x', weight: 1 } }],
    ['stopping', null],
    ['stopping', { best: 1 }],
    ['steps', {}],
    ['steps', [{}]],
    ['steps', [{ step: 1, epoch: 1 }]],
    ['steps', [{ step: 1, epoch: 1, metrics: { loss: [] } }]],
    ['epochs', [null]],
    ['epochs', [{ epoch: 1, steps: 2, seconds: 1 }]],
    ['epochs', [{ epoch: 1, steps: 2, seconds: 1, training: {}, validation: 3 }]],
    ['warnings', [3]],
  ])('is refused with %s: %j', (name, value) => {
    expect(isRunState({ ...full(), [name]: value })).toBe(false)
  })
})

describe('hostile checkpoints of runs', () => {
  class Small extends Module {
    readonly config = { width: 2 }
    readonly weight = new Parameter(tf.ones([2, 3]))
  }
  class Memory extends Module {
    readonly moment = new State(tf.zeros([2, 3]))
  }
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  it('are read or refused in words, and what is read can be gone on with', async () => {
    const [model, memory] = [new Small(), new Memory()]
    const settings = { seed: 1, batch: 8 }
    const parts = { model, memories: [memory], settings }
    const whole = await runCheckpoint({ ...parts, best: undefined, state: full() })
    const best = Snapshot.of(model)
    const files = [whole, await runCheckpoint({ ...parts, best, state: newRunState() })]
    best.dispose()
    const before = tf.memory().numTensors
    const read = (bytes: Uint8Array): void => {
      const { state, best: found } = resumeFrom(bytes, parts)
      for (const epoch of state.epochs) runWarnings(state.steps, epoch)
      found?.dispose()
    }
    const result = await fuzzReader({
      files,
      read,
      cases: 3000,
      seed: 21,
      memory: () => getHeapStatistics().external_memory,
    })
    expect(result.read).toBeGreaterThan(20)
    expect(result.refused).toBeGreaterThan(1000)
    expect(tf.memory().numTensors).toBe(before)
  })
})
