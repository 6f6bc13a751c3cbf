import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { DeviceError } from '../backend/device-error.ts'
import { useBackend } from '../backend/use-backend.ts'
import type { GuardedBackend } from '../backend/webgpu-guard.ts'
import { fromArrays } from '../data/dataset.ts'
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
const wasmPaths = new URL('.', wasmPackage).href
const wasm = { name: 'wasm', wasmPaths }
const anything = { order: ['webgpu', 'wasm'], software: true, wasmPaths }

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

/** Destroys the device after each of these steps; lists what happens. */
const losing = (after: readonly number[]) => {
  const left = [...after]
  const steps: number[] = []
  const warnings: string[] = []
  const onStep = ({ step }: { step: number }) => {
    steps.push(step)
    if (step !== left[0]) return
    left.shift()
    ;(tf.backend() as unknown as GuardedBackend).device.destroy()
  }
  return { steps, warnings, onStep, onWarning: (text: string) => void warnings.push(text) }
}

const expectSame = async (model: Line, expected: Line) => {
  const values = await expected.weight.value.data()
  for (const [i, value] of (await model.weight.value.data()).entries()) {
    expect(value).toBeCloseTo(values[i] as number, 4)
  }
}

describe('a run whose device is lost', () => {
  it('goes on from its checkpoint on a new device, and then on another backend', async () => {
    await useBackend(wasm)
    const whole = new Line()
    await fit(whole, data, options({}))

    const found = await useBackend(anything)
    expect(found.name).toBe('webgpu')
    const { steps, warnings, ...callbacks } = losing([7, 6])
    const model = new Line()
    const checkpoint = { store: memory(), everySteps: 5 }
    const before = tf.memory().numTensors
    const run = await fit(model, data, options({ checkpoint, callbacks: [callbacks] }))
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 6, 6, 7, 8, 9, 10, 11, 12])
    expect(tf.getBackend()).toBe('wasm')
    expect(warnings).toEqual([
      expect.stringMatching(
        /^webgpu: the device was lost \(destroyed\).*, at step 8 \(epoch 1\); the run goes on from step 5 on webgpu/,
      ),
      expect.stringMatching(
        /^webgpu: the device was lost .*, at step 7 \(epoch 1\); the run goes on from step 5 on wasm \(SIMD/,
      ),
    ])
    expect(run.warnings).toEqual(warnings.map((warning) => `epoch 1: ${warning}`))
    expect(run.history.steps.map(({ step }) => step)).toEqual(
      [...Array(12).keys()].map((i) => i + 1),
    )
    expect(tf.memory().numTensors).toBe(before)
    await expectSame(model, whole)
  })

  it('ends at that step in words where it is told to, and can be resumed on another backend', async () => {
    await useBackend(wasm)
    const whole = new Line()
    await fit(whole, data, options({}))

    await useBackend(anything)
    const store = memory()
    const { steps, onStep } = losing([7])
    const told = options({
      checkpoint: { store, everySteps: 5 },
      callbacks: [{ onStep }],
      onDeviceLost: 'throw',
    })
    const error = await fit(new Line(), data, told).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(DeviceError)
    expect(error.message).toMatch(
      /^fit: at step 8 \(epoch 1\): webgpu: .*the device was lost \(destroyed\).*saved state/,
    )
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7])

    await useBackend(wasm)
    const resumed = new Line()
    const later = losing([])
    const callbacks = [{ onStep: later.onStep }]
    await fit(resumed, data, options({ checkpoint: { store, resume: true }, callbacks }))
    expect(later.steps).toEqual([6, 7, 8, 9, 10, 11, 12])
    await expectSame(resumed, whole)
  })

  it('goes on elsewhere after an error on the device, which comes later than the call', async () => {
    await useBackend(anything)
    const { warnings, ...callbacks } = losing([])
    const onStep = ({ step }: { step: number }) => {
      if (step !== 7 || tf.getBackend() !== 'webgpu') return
      const { device } = tf.backend() as unknown as GuardedBackend
      // A buffer that no device has room for: WebGPU throws nothing here.
      device.createBuffer({ size: 2 ** 45, usage: GPUBufferUsage.STORAGE })
    }
    const checkpoint = { store: memory(), everySteps: 5 }
    const run = await fit(
      new Line(),
      data,
      options({ checkpoint, callbacks: [{ ...callbacks, onStep }] }),
    )
    expect(run.steps).toBe(12)
    expect(warnings[0]).toMatch(
      /^webgpu: .*, at step (8|9) \(epoch 1\); the run goes on from step 5/,
    )
  })

  it('names the step of a tensor that the device has no room for', async () => {
    await useBackend(anything)
    const { device } = tf.backend() as unknown as GuardedBackend
    const large = device.limits.maxStorageBufferBindingSize / 4 + 1024
    class Large extends Line {
      override loss(x: tf.Tensor) {
        return { loss: tf.mean(tf.mul(tf.sum(x), tf.fill([large / 1024, 1024], 1))) }
      }
    }
    const checkpoint = { store: memory(), everySteps: 5 }
    await expect(fit(new Large(), data, options({ checkpoint }))).rejects.toThrow(
      /^fit: at step 1 \(epoch 1\): webgpu: a tensor of shape .* this device binds at most/,
    )
  })
})
