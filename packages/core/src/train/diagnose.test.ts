import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Module } from '../module.ts'
import { diagnose } from './diagnose.ts'
import type { EpochRecord, StepRecord } from './history.ts'
import type { LossResult } from './objective.ts'
import type { LoadedBatch } from './source.ts'
import type { Trainer } from './trainer.ts'

beforeAll(() => tf.setBackend('cpu'))

class Quiet extends Module {
  loss(): LossResult {
    return { loss: tf.scalar(0) }
  }
  diagnose({ epoch }: EpochRecord): readonly string[] {
    return [`its own, of epoch ${epoch}`]
  }
}

const record = (epoch: number): EpochRecord => ({ epoch, steps: 40, seconds: 1, training: {} })
const still: readonly StepRecord[] = Array.from({ length: 40 }, (_, i) => ({
  step: i + 1,
  epoch: 1,
  metrics: { loss: 2 },
}))

const examine = (epoch: number, batches: number) => {
  const deadUnits = vi.fn(async (_: tf.Tensor, step: number) => [`dead at ${step}`])
  const made: tf.Tensor[] = []
  const pass = async function* (): AsyncGenerator<LoadedBatch<tf.Tensor>> {
    for (let i = 0; i < batches; i++) {
      made.push(tf.zeros([4, 2]))
      yield { batch: made[i] as tf.Tensor, count: 4 }
    }
  }
  const trainer = { deadUnits } as unknown as Trainer<tf.Tensor>
  const warnings = diagnose<tf.Tensor>({
    objective: new Quiet(),
    trainer,
    steps: still,
    epoch: record(epoch),
    pass,
  })
  return { warnings, deadUnits, made }
}

describe('diagnose', () => {
  it('gathers the warnings of metrics, objective and layers, from one batch, which it disposes', async () => {
    const { warnings, made } = examine(1, 3)
    expect(await warnings).toEqual([
      expect.stringMatching(/^the loss does not move/),
      'its own, of epoch 1',
      'dead at 40',
    ])
    expect(made).toHaveLength(1)
    expect(made[0]?.isDisposed).toBe(true)
  })

  it('looks at layers after epochs 1, 2, 4, 8 and so on, and not where there is no batch', async () => {
    const looked = []
    for (let epoch = 1; epoch <= 16; epoch++) {
      const { warnings, deadUnits } = examine(epoch, 1)
      await warnings
      if (deadUnits.mock.calls.length > 0) looked.push(epoch)
    }
    expect(looked).toEqual([1, 2, 4, 8, 16])
    expect(await examine(1, 0).warnings).toHaveLength(2)
  })
})
