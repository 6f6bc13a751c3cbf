import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import { Parameter, State } from '../slot.ts'
import { type FileFormat, modelFormat, runFormat, upToDate } from './format.ts'
import { load, restore, save } from './model.ts'
import { parseSafetensors, writeSafetensors } from './safetensors.ts'

let folder: string
let path: string
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-format-'))
  path = join(folder, 'model.safetensors')
})
afterAll(() => rmSync(folder, { recursive: true }))

class Wide extends Module {
  readonly config: { readonly sizes: readonly number[] }
  readonly weights: readonly Parameter[]
  readonly seen: State
  constructor(config: Wide['config'], rng: Rng) {
    super()
    this.config = config
    this.seen = new State(tf.scalar(0))
    this.weights = config.sizes.map((size) => new Parameter(rng.normal([size, 2])))
  }
}

/** Another class of the same structure. */
class Twin extends Wide {}

const config = { sizes: [3, 4] }

/** A saved model with other metadata; what is undefined is left out. */
const put = async (changes: Record<string, string | undefined>): Promise<void> => {
  using model = new Wide(config, new Rng(1))
  await save(model, path)
  const { tensors, metadata } = parseSafetensors(await readFile(path))
  const kept = Object.entries({ ...metadata, ...changes }).filter(([, text]) => text !== undefined)
  await writeFile(path, writeSafetensors(tensors, Object.fromEntries(kept) as never))
}

const readers = {
  load: async () => {
    using model = new Wide(config, new Rng(2))
    await load(model, path)
    return [...(model.weights[1] as Parameter).value.dataSync()]
  },
  restore: async () => {
    using model = await restore(Wide, path)
    return [...(model.weights[1] as Parameter).value.dataSync()]
  },
}

describe.each(Object.entries(readers))('%s', (_, read) => {
  it('reads a file of this version, and one of version 0, which names none', async () => {
    await put({})
    const values = await read()
    await put({ version: undefined })
    expect(await read()).toEqual(values)
  })

  it.each(['2', '99', '1.5', '-1', 'new', ''])('refuses version %j with both', async (version) => {
    await put({ version })
    await expect(read()).rejects.toThrow(WinnowError)
    await expect(read()).rejects.toThrow(
      `${path}: holds Wide in version ${version} of the format 'winnow', this library reads up to version 1`,
    )
  })

  it("refuses a run's checkpoint by name", async () => {
    await put({ format: 'winnow-run' })
    await expect(read()).rejects.toThrow(
      `${path}: holds the checkpoint of a run of Wide, expected a model`,
    )
  })
})

describe('load', () => {
  it('takes another program’s safetensors, whatever it says of versions', async () => {
    await put({ format: 'pt', version: '7', model: undefined })
    expect(await readers.load()).toHaveLength(8)
  })

  it('names both models where the shapes differ', async () => {
    await put({})
    using twin = new Twin({ sizes: [3, 5] }, new Rng(1))
    await expect(load(twin, path)).rejects.toThrow(
      'weights.1 has shape [4,2], expected [5,2]; it holds Wide, this is a Twin',
    )
  })
})

describe('restore', () => {
  it('refuses another model by both names', async () => {
    await put({})
    await expect(restore(Twin, path)).rejects.toThrow('holds Wide, expected Twin')
  })

  it('knows a class whose name a bundler shortened by what it says itself, and else says what to do', async () => {
    await put({})
    const b = class extends Wide {}
    await expect(restore(b, path)).rejects.toThrow(
      "holds Wide, expected b; is that Wide, its name shortened by a bundler? Then give the class `static override readonly name: string = 'Wide'`",
    )
    const named = class extends Wide {
      static override readonly name: string = 'Wide'
    }
    using model = await restore(named, path)
    expect(model).toBeInstanceOf(named)
    await save(model, path)
    expect(parseSafetensors(await readFile(path)).metadata['model']).toBe('Wide')
  })

  it.each([
    ['one huge layer', { sizes: [1e12] }],
    ['a million layers', { sizes: Array(1_000_000).fill(4) }],
    ['small layers that are too many', { sizes: [600_000, 600_000] }],
  ])('refuses a configuration that asks for %s, before making it', async (_, huge) => {
    await put({ config: JSON.stringify(huge) })
    const before = tf.memory().numTensors
    const { arrayBuffers } = process.memoryUsage()
    await expect(restore(Wide, path)).rejects.toThrow(
      `${path}: the Wide that its configuration describes is far larger than the 15 values in the file`,
    )
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(64 * 2 ** 20)
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each(['{', 'null', '{"sizes":5}', '{"sizes":[{}]}'])(
    'says in words that nothing can be built with %s',
    async (text) => {
      await put({ config: text })
      const before = tf.memory().numTensors
      await expect(restore(Wide, path)).rejects.toThrow(WinnowError)
      expect(tf.memory().numTensors).toBe(before)
    },
  )
})

describe('upToDate', () => {
  it('takes the steps from the version of the file to the newest, in order', () => {
    const step = (name: string): FileFormat['migrations'][number] => {
      return ({ tensors, metadata }) => ({
        tensors,
        metadata: { ...metadata, trace: `${metadata['trace'] ?? ''}${name}` },
      })
    }
    const format = { name: 'f', holds: 'a test', migrations: [step('a'), step('b'), step('c')] }
    const trace = (version?: string) => {
      const metadata = version === undefined ? {} : { version }
      return upToDate({ tensors: new Map(), metadata }, format, 'file').metadata
    }
    expect(trace()).toEqual({ trace: 'abc', format: 'f', version: '3' })
    expect(trace('1')).toMatchObject({ trace: 'bc', version: '3' })
    expect(trace('3')).toEqual({ format: 'f', version: '3' })
    expect(() => trace('4')).toThrow('version 4')
  })

  it('knows as many versions of each format as have been written', () => {
    expect([modelFormat, runFormat].map(({ migrations }) => migrations.length)).toEqual([1, 1])
  })
})
