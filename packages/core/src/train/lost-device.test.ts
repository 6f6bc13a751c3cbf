import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { DeviceError } from '../backend/device-error.ts'
import { useBackend } from '../backend/use-backend.ts'
import { fromArrays } from '../data/dataset.ts'
import { Module } from '../module.ts'
import { averageParameters } from '../optim/average.ts'
import { chain } from '../optim/chain.ts'
import { adam } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { fit } from './fit.ts'
import type { FitOptions } from './fit-options.ts'
import type { LossResult } from './objective.ts'

// A device that can be lost takes the place of one driver: the plain JavaScript backend under another name, whose kernels
// and reads fail once it is lost.

class Device extends MathBackendCPU {
  failure: DeviceError | undefined
  override readSync(dataId: object) {
    this.check()
    return super.readSync(dataId)
  }
  check(): void {
    if (this.failure !== undefined) throw this.failure
  }
}

const lost = (backend = 'cuda') =>
  new DeviceError('it is gone. Start again.', { backend, reason: 'it is gone', lost: true })

const fake = vi.hoisted(() => ({ start: vi.fn() }))
vi.mock('../backend/drivers/cuda.ts', () => ({ cudaDriver: { name: 'cuda', start: fake.start } }))

const current = () => tf.engine().registry['cuda'] as unknown as Device | undefined
const lose = () => Object.assign(current() as Device, { failure: lost() })

beforeEach(async () => {
  await useBackend('cpu')
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    if (tf.getKernel(kernelName, 'cuda') !== undefined) continue
    const guarded: typeof kernelFunc = (params) => {
      ;(params.backend as Device).check()
      return kernelFunc(params)
    }
    tf.registerKernel({ kernelName, backendName: 'cuda', kernelFunc: guarded })
  }
  fake.start.mockReset()
  fake.start.mockImplementation(async () => {
    if (current()?.failure !== undefined) tf.removeBackend('cuda')
    if (current() === undefined) tf.registerBackend('cuda', () => new Device())
    await tf.setBackend('cuda')
    return { device: 'a fake' }
  })
  await useBackend({ order: ['cuda', 'cpu'] })
  expect(tf.getBackend()).toBe('cuda')
})

class Line extends Module {
  readonly config = { width: 4 }
  readonly weight = new Parameter(new Rng(1).normal([4, 4]))
  loss(x: tf.Tensor): LossResult {
    const output = tf.matMul(x as tf.Tensor2D, this.weight.value as tf.Tensor2D)
    return { loss: tf.mean(tf.squaredDifference(output, x)) }
  }
}

const data = fromArrays({ data: new Rng(5).normalValues(64 * 4), shape: [64, 4] })

/** A store in memory. */
const memory = () => {
  let kept: Uint8Array | undefined
  return {
    read: async () => kept,
    write: async (bytes: Uint8Array) => {
      kept = bytes
    },
  }
}

/** Loses the device after each of these calls of `onStep`; lists the steps that were made. */
const losing = (...after: number[]) => {
  const steps: number[] = []
  const warnings: [string, number][] = []
  const onStep = ({ step }: { step: number }) => {
    steps.push(step)
    if (after.includes(steps.length)) lose()
  }
  const onWarning = (warning: string, { steps: made }: { steps: number }) =>
    void warnings.push([warning, made])
  return { steps, warnings, callbacks: [{ onStep, onWarning }] }
}

const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  steps: 12,
  batch: 8,
  seed: 3,
  validation: data,
  earlyStopping: { patience: 5 },
  // Its memory begins with the parameters, which the lost device no longer has.
  optimizer: chain(adam({ learningRate: 0.05 }), averageParameters(0.9)),
  ...more,
})

/** What must be equal to the bit. */
const outcome = async (
  model: Line,
  { history, steps, ended }: Awaited<ReturnType<typeof fit>>,
) => ({
  weight: [...(await model.weight.value.data())],
  steps: history.steps,
  epochs: history.epochs.map(({ seconds: _, ...rest }) => rest),
  count: steps,
  ended,
})

describe('a run whose device is lost', () => {
  it('goes on from its checkpoint, on the device anew and then on the next, to the same end', async () => {
    const whole = new Line()
    const expected = await outcome(whole, await fit(whole, data, options()))

    const { steps, warnings, callbacks } = losing(7, 8)
    const model = new Line()
    const before = tf.memory().numTensors
    const checkpoint = { store: memory(), everySteps: 5 }
    const run = await fit(model, data, options({ checkpoint, callbacks }))
    // Lost after 7, gone on from 5; lost after 6, before another save: not tried a third time.
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 6, 6, 7, 8, 9, 10, 11, 12])
    expect(tf.getBackend()).toBe('cpu')
    expect(await outcome(model, run)).toEqual(expected)
    expect(tf.memory().numTensors).toBe(before)
    expect(warnings).toEqual([
      ['cuda: it is gone, at step 8 (epoch 1); the run goes on from step 5 on cuda (a fake)', 5],
      [
        'cuda: it is gone, at step 7 (epoch 1); the run goes on from step 5 on cpu (plain JavaScript)',
        5,
      ],
    ])
    // The first is not in the checkpoint that the second goes on from.
    expect(run.warnings).toEqual(warnings.map(([warning]) => `epoch 1: ${warning}`))
  })

  it('goes on where the device was lost between steps, in a validation or at a save', async () => {
    const onEpoch = vi.fn(() => {
      if (onEpoch.mock.calls.length === 1) lose()
    })
    const warned: string[] = []
    const callbacks = [{ onEpoch, onWarning: (warning: string) => void warned.push(warning) }]
    const checkpoint = { store: memory(), everySteps: 3 }
    const model = new Line()
    const run = await fit(model, data, options({ checkpoint, callbacks }))
    expect(run.steps).toBe(12)
    expect(warned[0]).toMatch('after step 8')
  })

  it('takes the device anew where a run is resumed after it was lost', async () => {
    const checkpoint = { store: memory(), everySteps: 5, resume: true }
    const model = new Line()
    await fit(model, data, options({ checkpoint, steps: 5 }))
    lose()
    const run = await fit(model, data, options({ checkpoint }))
    expect(run.steps).toBe(12)
    expect(run.warnings[0]).toMatch(/after step 0; the run goes on from step 5 on cpu/)
  })

  it('ends where it is told to, with the step and the failure', async () => {
    const { steps, callbacks } = losing(7)
    const checkpoint = { store: memory(), everySteps: 5 }
    const told = options({ checkpoint, callbacks, onDeviceLost: 'throw' })
    const error = await fit(new Line(), data, told).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(DeviceError)
    expect(error.message).toBe('fit: at step 8 (epoch 1): it is gone. Start again.')
    expect(error.failure).toEqual({ backend: 'cuda', reason: 'it is gone', lost: true })
    expect(steps).toHaveLength(7)
  })

  it('ends without a checkpoint, or before its first one: what a store held before is not its own', async () => {
    await expect(
      fit(new Line(), data, options({ callbacks: losing(2).callbacks })),
    ).rejects.toThrow('fit: at step 3 (epoch 1): it is gone. Start again.')
    await useBackend({ order: ['cuda', 'cpu'] })
    const store = memory()
    await fit(new Line(), data, options({ checkpoint: { store } }))
    const { callbacks } = losing(2)
    const again = fit(
      new Line(),
      data,
      options({ checkpoint: { store, everySteps: 5 }, callbacks }),
    )
    await expect(again).rejects.toThrow('There was no checkpoint yet to go on from.')
  })

  it('ends where nothing else works, and says why', async () => {
    await useBackend({ order: ['cuda'] })
    const { callbacks, warnings } = losing(3, 4)
    const checkpoint = { store: memory(), everySteps: 2 }
    await expect(fit(new Line(), data, options({ checkpoint, callbacks }))).rejects.toThrow(
      'fit: at step 4 (epoch 1): it is gone. Start again. Nothing is left to go on with: no other is among cuda.',
    )
    expect(warnings).toHaveLength(1)
  })

  it('ends where one operation was refused and the device is sound', async () => {
    const refusal = new DeviceError('too large', { backend: 'cuda', reason: 'large', lost: false })
    const onStep = ({ step }: { step: number }) => {
      if (step === 4) Object.assign(current() as Device, { failure: refusal })
    }
    const checkpoint = { store: memory(), everySteps: 3 }
    await expect(
      fit(new Line(), data, options({ checkpoint, callbacks: [{ onStep }] })),
    ).rejects.toThrow('fit: at step 5 (epoch 1): too large')
  })

  it('ends where the model needs a tensor that no checkpoint holds', async () => {
    class Scaled extends Line {
      readonly scale = tf.tensor1d([2, 2, 2, 2])
      override loss(x: tf.Tensor): LossResult {
        return super.loss(tf.mul(x, this.scale))
      }
    }
    const { callbacks, warnings } = losing(3)
    const checkpoint = { store: memory(), everySteps: 2 }
    await expect(fit(new Scaled(), data, options({ checkpoint, callbacks }))).rejects.toThrow(
      'fit: at step 3 (epoch 1): it is gone. Start again. A tensor that lay on it is needed still',
    )
    expect(warnings).toHaveLength(2)
  })

  it('takes continue or throw', async () => {
    const wrong = options({ onDeviceLost: 'restart' as 'throw' })
    await expect(fit(new Line(), data, wrong)).rejects.toThrow(
      "fit: onDeviceLost: 'restart' came, expected 'continue' or 'throw'",
    )
  })
})
