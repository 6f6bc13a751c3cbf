import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, open, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Module } from '../module.ts'
import { Parameter } from '../slot.ts'
import { load, save } from './model.ts'

let folder: string
const mounted: string[] = []
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-save-'))
})
afterAll(() => {
  for (const place of mounted) run('umount', place)
  rmSync(folder, { recursive: true })
})

const run = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, { stdio: 'ignore' })

/** All values alike, so that a mixture of two saves shows. */
class Filled extends Module {
  readonly weight: Parameter
  constructor(size: number, value: number) {
    super()
    this.weight = new Parameter(tf.fill([size], value))
  }
}

const valueIn = async (path: string, size: number): Promise<number> => {
  using model = new Filled(size, -1)
  await load(model, path)
  const values = model.weight.value.dataSync()
  const [first] = values
  expect(values.every((value) => value === first)).toBe(true)
  return first as number
}

/** A file system of its own in memory, where this process may mount one. */
const mount = async (name: string): Promise<string | undefined> => {
  const place = join(folder, name)
  await mkdir(place)
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place)
  } catch {
    return undefined
  }
  mounted.push(place)
  return place
}

const remount = (place: string, how: 'ro' | 'rw') => run('mount', '-o', `remount,${how}`, place)

describe('a save that fails', () => {
  it('leaves the checkpoint before it on a full disk, and says so', async (context) => {
    const place = await mount('full')
    if (place === undefined) return context.skip('mounting needs root')
    const path = join(place, 'model.safetensors')
    using small = new Filled(12_000, 1)
    using large = new Filled(12_000, 2)
    await save(small, path)
    await expect(save(large, path)).rejects.toThrow(`${path}: cannot be written: the disk is full`)
    expect(await readdir(place)).toEqual(['model.safetensors'])
    expect(await valueIn(path, 12_000)).toBe(1)
  })

  it('leaves the checkpoint before it on a read-only disk, and says so', async (context) => {
    const place = await mount('read-only')
    if (place === undefined) return context.skip('mounting needs root')
    const path = join(place, 'model.safetensors')
    using model = new Filled(10, 1)
    await save(model, path)
    remount(place, 'ro')
    using next = new Filled(10, 2)
    await expect(save(next, path)).rejects.toThrow(
      `${path}: cannot be written: the disk is read-only`,
    )
    expect(await valueIn(path, 10)).toBe(1)
  })

  // The same where nothing can be mounted: the write itself fails, after a half of it.
  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EACCES', 'permission denied'],
    ['EIO', 'i/o error'],
  ])('leaves the checkpoint before it after %s in mid-write', async (code, words) => {
    const path = join(folder, `${code}.safetensors`)
    using model = new Filled(100, 1)
    using next = new Filled(100, 2)
    await save(model, path)
    const handle = await open(path)
    const kind = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    const write = kind.writeFile
    const failing = vi.spyOn(kind, 'writeFile').mockImplementation(async function (
      this: typeof handle,
      data,
    ) {
      await write.call(this, (data as Uint8Array).subarray(0, 200))
      throw Object.assign(new Error('i/o error'), { code })
    })
    try {
      await expect(save(next, path)).rejects.toThrow(`${path}: cannot be written: ${words}`)
    } finally {
      failing.mockRestore()
    }
    expect((await readdir(folder)).filter((name) => name.startsWith(code))).toEqual([
      `${code}.safetensors`,
    ])
    expect(await valueIn(path, 100)).toBe(1)
  })
})

describe('a process that is killed while it saves', () => {
  const size = 2 ** 22
  const source = new URL('./', import.meta.url).href
  const script = (path: string) => `
    import { writeFileAtomic } from ${JSON.stringify(`${source}files.ts`)}
    import { writeSafetensors } from ${JSON.stringify(`${source}safetensors.ts`)}
    for (let value = 1; ; value++) {
      const data = new Float32Array(${size}).fill(value)
      const tensors = [['weight', { dtype: 'F32', shape: [${size}], data }]]
      await writeFileAtomic(${JSON.stringify(path)}, writeSafetensors(tensors, { format: 'winnow', version: '1' }))
    }`

  const start = (path: string): ChildProcess =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script(path)], {
      cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
      stdio: 'ignore',
    })

  /** Waits for a part of which some bytes, not all, are written, beside a whole file. */
  const midSave = async (place: string): Promise<void> => {
    for (;;) {
      const names = await readdir(place)
      const part = names.find((name) => name.endsWith('.part'))
      if (part !== undefined && names.includes('model.safetensors')) {
        const bytes = await stat(join(place, part)).then(
          (found) => found.size,
          () => 0,
        )
        if (bytes > 0 && bytes < 4 * size) return
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  it('leaves a whole checkpoint and a part, which the next save removes', async () => {
    const place = join(folder, 'killed')
    await mkdir(place)
    const path = join(place, 'model.safetensors')
    let parts = 0
    for (let round = 0; round < 3; round++) {
      const child = start(path)
      const ended = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)))
      await midSave(place)
      child.kill('SIGKILL')
      expect(await ended).toBe('SIGKILL')
      parts += (await readdir(place)).filter((name) => name.endsWith('.part')).length
      expect(await valueIn(path, size)).toBeGreaterThan(0)
    }
    expect(parts).toBeGreaterThan(0)
    // What is not a part of this file stays.
    const others = ['model.safetensors.backup', 'model.safetensors.part', 'other.1-x.part']
    for (const name of others) await writeFile(join(place, name), '')
    using model = new Filled(10, 7)
    await save(model, path)
    expect((await readdir(place)).sort()).toEqual(['model.safetensors', ...others].sort())
    expect(await valueIn(path, 10)).toBe(7)
  })

  it('keeps the parts of processes that live, of this one too', async () => {
    const place = join(folder, 'living')
    await mkdir(place)
    const path = join(place, 'model.safetensors')
    const id = '00000000-0000-4000-8000-000000000000'
    const living = `model.safetensors.${process.ppid}-${id}.part`
    await writeFile(join(place, living), '')
    await writeFile(`${path}.${process.pid}-${id}.part`, '')
    using small = new Filled(10, 1)
    using large = new Filled(size, 2)
    const slow = save(large, path)
    for (let own = ''; own === ''; ) {
      const names = await readdir(place)
      own = names.find((name) => name.includes(`.${process.pid}-`) && !name.includes(id)) ?? ''
    }
    await save(small, path)
    await slow
    expect((await readdir(place)).sort()).toEqual(['model.safetensors', living])
    expect(await valueIn(path, size)).toBe(2)
  })
})
