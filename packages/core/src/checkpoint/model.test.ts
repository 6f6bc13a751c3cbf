import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import { Parameter, State } from '../slot.ts'
import { load, restore, save } from './model.ts'

let folder = ''
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = await mkdtemp(join(tmpdir(), 'winnow-'))
})

class Small extends Module {
  readonly config: { readonly size: number; readonly make?: () => void }
  readonly weight: Parameter
  readonly tied: Parameter
  readonly count = new State(tf.scalar(3, 'int32'))
  constructor(config: Small['config'], rng: Rng) {
    super()
    this.config = config
    this.weight = new Parameter(rng.normal([config.size, 2]))
    this.tied = this.weight
  }
}

class Other extends Module {
  readonly bias = new Parameter(tf.zeros([2]))
}

const values = (model: Small) => [...model.weight.value.dataSync(), ...model.count.value.dataSync()]

describe('save, load and restore', () => {
  it('round-trips values, states and configuration', async () => {
    const path = join(folder, 'small.safetensors')
    const model = new Small({ size: 3 }, new Rng(1))
    await save(model, path)
    const before = tf.memory().numTensors
    const again = await restore(Small, path)
    expect(values(again)).toEqual(values(model))
    expect(again.config).toEqual({ size: 3 })
    const third = new Small({ size: 3 }, new Rng(9))
    third.count.assign(tf.scalar(0, 'int32'))
    await load(third, path)
    expect(values(third)).toEqual(values(model))
    again.dispose()
    third.dispose()
    expect(tf.memory().numTensors).toBe(before)
    expect(await readdir(folder)).toEqual(['small.safetensors'])
  })

  it('halves a file by float16, and restores from bytes', async () => {
    const [path, whole] = [join(folder, 'half.safetensors'), join(folder, 'whole.safetensors')]
    const model = new Small({ size: 300 }, new Rng(1))
    await save(model, path, { precision: 'float16' })
    await save(model, whole)
    const bytes = await readFile(path)
    expect(bytes.length).toBeLessThan(0.65 * (await readFile(whole)).length)
    const before = tf.memory().numTensors
    const again = await restore(Small, new Uint8Array(bytes))
    expect(again.weight.dtype).toBe('float32')
    const [was, is] = [values(model), values(again)]
    is.forEach((value, i) => {
      expect(Math.abs(value - (was[i] ?? 0))).toBeLessThanOrEqual(
        Math.abs(was[i] ?? 0) * 2 ** -11 + 1e-7,
      )
    })
    expect(is).not.toEqual(was)
    expect(is.at(-1)).toBe(3)
    again.dispose()
    expect(tf.memory().numTensors).toBe(before)
    await expect(restore(Other, bytes, { name: 'it' })).rejects.toThrow('it: holds Small')
    model.weight.assign(tf.fill([300, 2], 65520))
    await expect(save(model, path, { precision: 'float16' })).rejects.toThrow(
      'weight holds 65520, more than float16 can',
    )
    expect(await readFile(path)).toEqual(bytes)
  })

  it('refuses another model, another size, a missing and a broken file, and changes nothing', async () => {
    const path = join(folder, 'size3.safetensors')
    await save(new Small({ size: 3 }, new Rng(1)), path)
    const model = new Small({ size: 4 }, new Rng(2))
    const before = values(model)
    await expect(load(model, path)).rejects.toThrow(
      `${path}: weight has shape [3,2], expected [4,2]`,
    )
    await expect(load(new Other(), path)).rejects.toThrow(
      'holds Small, which does not fit this Other: missing: bias; not expected: count, weight',
    )
    await expect(restore(Other as never, path)).rejects.toThrow('holds Small, expected Other')
    await expect(load(model, join(folder, 'nothing'))).rejects.toThrow('nothing')
    const bytes = await readFile(path)
    const cut = join(folder, 'cut.safetensors')
    await writeFile(cut, bytes.subarray(0, bytes.length - 4))
    await expect(load(model, cut)).rejects.toThrow('cut.safetensors')
    expect(values(model)).toEqual(before)
  })

  it('says how to load a model whose configuration is not plain JSON', async () => {
    const path = join(folder, 'own.safetensors')
    const config = { size: 2, make: () => undefined }
    await save(new Small(config, new Rng(1)), path)
    await expect(restore(Small, path)).rejects.toThrow('build the Small, then load(model, path)')
    const model = new Small(config, new Rng(5))
    await load(model, path)
  })
})
