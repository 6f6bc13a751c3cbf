import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { useBackend } from '../backend/use-backend.ts'
import type { GuardedBackend } from '../backend/webgpu-guard.ts'
import { fromArrays } from '../data/dataset.ts'
import { WinnowError } from '../error.ts'
import { Module } from '../module.ts'
import { adam } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { fit } from './fit.ts'
import type { FitOptions } from './fit-options.ts'

// Vite knows the address of a file, not of a folder.
const wasmPackage = new URL(
  '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/index.js',
  import.meta.url,
)
const wasm = { name: 'wasm', wasmPaths: new URL('.', wasmPackage).href }

class Line extends Module {
  readonly config = { width: 4 }
  readonly weight = new Parameter(new Rng(1).normal([4, 4]))
  loss(x: tf.Tensor) {
    const output = tf.matMul(x as tf.Tensor2D, this.weight.value as tf.Tensor2D)
    return { loss: tf.mean(tf.squaredDifference(output, x)) }
  }
}

const data = fromArrays({ data: new Rng(5).normalValues(64 * 4), shape: [64, 4] })
const options = (more: Partial<FitOptions>): FitOptions => ({
  steps: 12,
  batch: 8,
  seed: 3,
  optimizer: adam({ learningRate: 0.05 }),
  ...more,
})

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

describe('a run whose device is lost', () => {
  it('ends at that step in words, and goes on from its checkpoint on another backend', async () => {
    await useBackend(wasm)
    const whole = new Line()
    const expected = await fit(whole, data, options({}))
    const values = await whole.weight.value.data()

    await useBackend({ name: 'webgpu', software: true })
    const store = memory()
    const steps: number[] = []
    const onStep = ({ step }: { step: number }) => {
      steps.push(step)
      if (step === 7) (tf.backend() as unknown as GuardedBackend).device.destroy()
    }
    const failed = fit(
      new Line(),
      data,
      options({ checkpoint: { store, everySteps: 5 }, callbacks: [{ onStep }] }),
    )
    await expect(failed).rejects.toThrow(WinnowError)
    await expect(failed).rejects.toThrow(/webgpu: .*the device was lost \(destroyed\).*saved state/)
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7])

    await useBackend(wasm)
    const resumed = new Line()
    const taken: number[] = []
    const run = await fit(
      resumed,
      data,
      options({
        checkpoint: { store, resume: true },
        callbacks: [{ onStep: ({ step }) => void taken.push(step) }],
      }),
    )
    expect(taken).toEqual([6, 7, 8, 9, 10, 11, 12])
    expect(run.history.steps.map(({ step }) => step)).toEqual(
      expected.history.steps.map(({ step }) => step),
    )
    const after = await resumed.weight.value.data()
    for (const [i, value] of after.entries()) expect(value).toBeCloseTo(values[i] as number, 4)
  })
})
