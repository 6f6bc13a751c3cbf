import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises'
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

/** Replaces a method of Node's file handles for the time of `work`. */
const withMethod = async (
  method: 'writeFile' | 'sync' | 'close',
  replacement: (original: (...args: never[]) => Promise<void>) => () => Promise<void>,
  work: () => Promise<void>,
): Promise<void> => {
  const handle = await open(folder)
  const kind = Object.getPrototypeOf(handle) as typeof handle
  await handle.close()
  const original = kind[method] as (...args: never[]) => Promise<void>
  const spy = vi.spyOn(kind, method).mockImplementation(replacement(original) as never)
  try {
    await work()
  } finally {
    spy.mockRestore()
  }
}

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

  it('leaves the checkpoint before it on a read-only disk, or in a folder that takes no file', async () => {
    const mounted = await mount('read-only')
    const place = mounted ?? join(folder, 'read-only')
    const path = join(place, 'model.safetensors')
    using model = new Filled(10, 1)
    await save(model, path)
    if (mounted === undefined) await chmod(place, 0o555)
    else remount(place, 'ro')
    using next = new Filled(10, 2)
    const words = mounted === undefined ? 'permission denied' : 'the disk is read-only'
    await expect(save(next, path)).rejects.toThrow(`${path}: cannot be written: ${words}`)
    expect(await valueIn(path, 10)).toBe(1)
    if (mounted === undefined) await chmod(place, 0o755)
  })

  // The same where nothing can be mounted: one step of the save fails, the write after a half of it. The error of a full
  // disk is the kernel's own where it has a device for that.
  const failed = (code: string) => Object.assign(new Error('i/o error'), { code })
  const fullDevice = '/dev/full'

  const halfWritten = (error: () => Promise<never>) => (write: (data: never) => Promise<void>) =>
    async function (this: unknown, data: Uint8Array): Promise<void> {
      await write.call(this, data.subarray(0, 200) as never)
      await error()
    }
  const kernelFull = async (): Promise<never> => {
    const device = await open(fullDevice, 'w')
    try {
      await device.write('more than it holds')
      throw new Error('nothing failed')
    } finally {
      await device.close()
    }
  }
  const reject = (code: string) => (): Promise<never> => Promise.reject(failed(code))

  it.each([
    ['a full disk, by the kernel', 'the disk is full', 'writeFile', halfWritten(kernelFull)],
    ['ENOSPC', 'the disk is full', 'writeFile', halfWritten(reject('ENOSPC'))],
    ['EACCES', 'permission denied', 'writeFile', halfWritten(reject('EACCES'))],
    ['EIO', 'i/o error', 'writeFile', halfWritten(reject('EIO'))],
    // Some file systems find the room only now.
    ['ENOSPC when it is flushed', 'the disk is full', 'sync', () => reject('ENOSPC')],
    ['EROFS when it is flushed', 'the disk is read-only', 'sync', () => reject('EROFS')],
  ] as const)('leaves the checkpoint before it after %s', async (name, words, method, fail) => {
    if (name.endsWith('kernel') && !existsSync(fullDevice)) return
    const place = join(folder, name.replaceAll(/\W/g, '-'))
    await mkdir(place)
    const path = join(place, 'model.safetensors')
    using model = new Filled(100, 1)
    using next = new Filled(100, 2)
    await save(model, path)
    await withMethod(method, fail as never, async () => {
      await expect(save(next, path)).rejects.toThrow(`${path}: cannot be written: ${words}`)
    })
    expect(await readdir(place)).toEqual(['model.safetensors'])
    expect(await valueIn(path, 100)).toBe(1)
    await save(next, path)
    expect(await valueIn(path, 100)).toBe(2)
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
    using first = new Filled(10, 1)
    using last = new Filled(10, 2)
    // The save that begins first ends last: it is held back before it is flushed.
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let flushes = 0
    const holding = (sync: () => Promise<void>) =>
      async function (this: unknown): Promise<void> {
        if (++flushes === 1) await held
        await sync.call(this)
      }
    await withMethod('sync', holding as never, async () => {
      const ending = save(last, path)
      while (flushes === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      await save(first, path)
      expect(await valueIn(path, 10)).toBe(1)
      goOn()
      await ending
    })
    expect((await readdir(place)).sort()).toEqual(['model.safetensors', living])
    expect(await valueIn(path, 10)).toBe(2)
  })
})
