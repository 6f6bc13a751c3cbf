import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseSafetensors, writeSafetensors } from '../checkpoint/safetensors.ts'
import { fromArrays } from '../data/dataset.ts'
import { WinnowError } from '../error.ts'
import { Module } from '../module.ts'
import { adamW } from '../optim/optimizers.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { Rng } from '../rng.ts'
import { Parameter, State } from '../slot.ts'
import { fit } from './fit.ts'
import type { FitOptions } from './fit-options.ts'
import type { Context, LossResult } from './objective.ts'
import type { Run } from './training-run.ts'

let folder = ''
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = await mkdtemp(join(tmpdir(), 'winnow-'))
})

/** Noise in the loss, a state, and a gradient: everything that a resume must bring back. */
class Noisy extends Module {
  readonly config: { readonly width: number }
  readonly weight: Parameter
  readonly seen = new State(tf.zeros([3]))
  constructor(width = 3) {
    super()
    this.config = { width }
    this.weight = new Parameter(new Rng(1).normal([width, 3]))
  }
  loss(x: tf.Tensor, context: Context): LossResult {
    const noisy = tf.add(x, context.rng.normal(x.shape, { deviation: 0.1 }))
    const output = tf.matMul(noisy as tf.Tensor2D, this.weight.value as tf.Tensor2D)
    context.update(this.seen, tf.add(tf.mul(this.seen.value, 0.9), tf.mean(output, 0)))
    return { loss: tf.mean(tf.squaredDifference(output, x)) }
  }
}

class Other extends Noisy {}

const data = fromArrays({ data: new Rng(5).normalValues(44 * 3), shape: [44, 3] })
const held = fromArrays({ data: new Rng(6).normalValues(8 * 3), shape: [8, 3] })

const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 4,
  batch: 4,
  accumulate: 2,
  seed: 9,
  validation: held,
  earlyStopping: { patience: 3 },
  optimizer: adamW({ learningRate: warmupCosine({ peak: 0.05, warmup: 3, steps: 20 }) }),
  ...more,
})

/** What must be equal to the bit: parameters, states and history, without the seconds. */
const outcome = (model: Noisy, { history, steps, ended }: Run) => ({
  values: [...model.weight.value.dataSync(), ...model.seen.value.dataSync()],
  steps: history.steps,
  epochs: history.epochs.map(({ seconds: _, ...rest }) => rest),
  count: steps,
  ended,
})

const uninterrupted = async () => {
  const model = new Noisy()
  return outcome(model, await fit(model, data, options()))
}

describe('a run with a checkpoint', () => {
  it('goes on after a crash at any step as if nothing had been, to the bit', async () => {
    const expected = await uninterrupted()
    expect(expected.count).toBe(20)
    for (const crashes of [[1], [5], [7, 8], [3, 10, 19]]) {
      const path = join(folder, `crash-${crashes.join('-')}.safetensors`)
      const checkpoint = { path, everySteps: 1, resume: true }
      for (const crash of crashes) {
        const onStep = ({ step }: { step: number }) => {
          if (step === crash) throw new Error('killed')
        }
        await expect(
          fit(new Noisy(), data, options({ checkpoint, callbacks: [{ onStep }] })),
        ).rejects.toThrow('killed')
      }
      const model = new Noisy()
      const before = tf.memory().numTensors
      const run = await fit(model, data, options({ checkpoint }))
      expect(tf.memory().numTensors).toBe(before)
      expect(outcome(model, run)).toEqual(expected)
    }
  })

  it('goes on after an abort', async () => {
    const expected = await uninterrupted()
    const checkpoint = { path: join(folder, 'abort.safetensors'), resume: true }
    const controller = new AbortController()
    const onStep = ({ step }: { step: number }) => {
      if (step === 8) controller.abort()
    }
    const first = await fit(
      new Noisy(),
      data,
      options({ checkpoint, signal: controller.signal, callbacks: [{ onStep }] }),
    )
    expect(first).toMatchObject({ ended: 'aborted', steps: 8 })
    const model = new Noisy()
    expect(outcome(model, await fit(model, data, options({ checkpoint })))).toEqual(expected)
  })

  it('has nothing left to do when it was finished', async () => {
    const checkpoint = { path: join(folder, 'done.safetensors'), resume: true }
    const first = new Noisy()
    const expected = outcome(first, await fit(first, data, options({ checkpoint })))
    const second = new Noisy()
    expect(outcome(second, await fit(second, data, options({ checkpoint })))).toEqual(expected)
  })

  it('has nothing left to do when it had stopped early', async () => {
    const checkpoint = { path: join(folder, 'stopped.safetensors'), resume: true }
    const early = options({
      epochs: 20,
      earlyStopping: { patience: 1, minimumChange: 0.3 },
      checkpoint,
    })
    const first = new Noisy()
    const expected = outcome(first, await fit(first, data, early))
    expect(expected.ended).toBe('stopped early')
    const second = new Noisy()
    expect(outcome(second, await fit(second, data, early))).toEqual(expected)
  })

  it('refuses what is not its own, and changes nothing', async () => {
    const path = join(folder, 'own.safetensors')
    const checkpoint = { path, resume: true }
    await fit(new Noisy(), data, options({ epochs: 1, checkpoint }))
    const resume = (model: Noisy, more: Partial<FitOptions> = {}) =>
      fit(model, data, options({ checkpoint, ...more }))
    await expect(resume(new Other())).rejects.toThrow('is of a run of Noisy, this is a Other')
    await expect(resume(new Noisy(4))).rejects.toThrow(
      'made with {"width":3}, this one with {"width":4}',
    )
    await expect(resume(new Noisy(), { seed: 1 })).rejects.toThrow('made with seed 9, 1 came')
    const model = new Noisy()
    const before = [...model.weight.value.dataSync()]
    const whole = parseSafetensors(await readFile(path))
    const rewrite = async (metadata: Record<string, string>, drop = '') =>
      await writeFile(
        path,
        writeSafetensors(
          [...whole.tensors].filter(([name]) => name !== drop),
          { ...whole.metadata, ...metadata },
        ),
      )
    await rewrite({ version: '2' })
    await expect(resume(model)).rejects.toThrow(
      "own.safetensors: holds Noisy in version 2 of the format 'winnow-run', this library reads up to version 1",
    )
    await rewrite({ state: '{' })
    await expect(resume(model)).rejects.toThrow('its state is not readable')
    for (const state of ['null', '[]', '{"step":-1}', '{"step":1,"epoch":"a"}']) {
      await rewrite({ state })
      await expect(resume(model)).rejects.toThrow('its state is not that of a run')
    }
    await rewrite({ format: 'winnow' })
    await expect(resume(model)).rejects.toThrow('holds a model of Noisy, expected the checkpoint')
    await rewrite({ format: 'pt' })
    await expect(resume(model)).rejects.toThrow('holds pt, expected the checkpoint of a run')
    await rewrite({}, 'model.seen')
    await expect(resume(model)).rejects.toThrow('missing: seen')
    await rewrite({}, 'best.weight')
    await expect(resume(model)).rejects.toThrow('best.weight is missing')
    await writeFile(path, (await readFile(path)).subarray(0, 400))
    await expect(resume(model)).rejects.toThrow('own.safetensors')
    expect([...model.weight.value.dataSync()]).toEqual(before)
  })

  it('goes on from a file of version 0 to the same end', async () => {
    const expected = await uninterrupted()
    const path = join(folder, 'version-0.safetensors')
    const checkpoint = { path, resume: true }
    await fit(new Noisy(), data, options({ steps: 10, checkpoint }))
    const { tensors, metadata } = parseSafetensors(await readFile(path))
    const { version, state = '', ...rest } = metadata
    expect(version).toBe('1')
    const { epochSteps, epochSeconds, mean, warnings, ...needed } = JSON.parse(state)
    expect({ epochSteps, epochSeconds, mean, warnings }).toEqual({
      epochSteps: 0,
      epochSeconds: 0,
      mean: {},
      warnings: [],
    })
    await writeFile(path, writeSafetensors(tensors, { ...rest, state: JSON.stringify(needed) }))
    const model = new Noisy()
    expect(outcome(model, await fit(model, data, options({ checkpoint })))).toEqual(expected)
  })

  it('keeps its checkpoint in a store that is no file', async () => {
    const expected = await uninterrupted()
    let kept: Uint8Array | undefined
    let writes = 0
    const store = {
      name: 'memory',
      read: async () => kept,
      write: async (bytes: Uint8Array) => {
        kept = bytes
        writes++
      },
    }
    const checkpoint = { store, everySteps: 3, resume: true }
    const onStep = ({ step }: { step: number }) => {
      if (step === 8) throw new Error('killed')
    }
    const crashing = options({ checkpoint, callbacks: [{ onStep }] })
    await expect(fit(new Noisy(), data, crashing)).rejects.toThrow('killed')
    expect(writes).toBeGreaterThanOrEqual(2)
    const model = new Noisy()
    expect(outcome(model, await fit(model, data, options({ checkpoint })))).toEqual(expected)
    kept = kept?.subarray(0, 9)
    await expect(fit(model, data, options({ checkpoint }))).rejects.toThrow('memory: cut off')
  })

  it('ends with what the store says when a save fails, and goes on from the save before', async () => {
    const expected = await uninterrupted()
    let kept: Uint8Array | undefined
    const store = (room: number) => {
      let writes = 0
      return {
        read: async () => kept,
        write: async (bytes: Uint8Array) => {
          if (++writes > room) throw new WinnowError('store: the disk is full')
          kept = bytes
        },
      }
    }
    const into = (room: number) =>
      options({ checkpoint: { store: store(room), everySteps: 2, resume: true } })
    const before = tf.memory().numTensors
    const broken = new Noisy()
    await expect(fit(broken, data, into(3))).rejects.toThrow('store: the disk is full')
    broken.dispose()
    expect(tf.memory().numTensors).toBe(before)
    const model = new Noisy()
    expect(outcome(model, await fit(model, data, into(100)))).toEqual(expected)
  })
})
