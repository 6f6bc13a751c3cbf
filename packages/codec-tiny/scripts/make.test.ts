import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { memory } from '@tensorflow/tfjs-core'
import { HyperpriorCodec } from '@winnow/compression'
import { Rng, save, useBackend } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTinyCodec, loadTinyCodecCard } from '../src/index.ts'
import { makePackage } from './make.ts'

let folder: string
beforeAll(async () => {
  await useBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A run's folder with a model of random weights, and a package's with a README. */
async function standIn(name: string, record: object = {}): Promise<{ run: string; out: string }> {
  const [run, out] = [join(folder, name, 'run'), join(folder, name, 'package')]
  mkdirSync(run, { recursive: true })
  mkdirSync(out)
  using model = new HyperpriorCodec({ channels: 4, latents: 6, lambda: [0.01, 0.02] }, new Rng(3))
  await save(model, join(run, 'model.safetensors'))
  const settings = {
    data: 'photos',
    lambdas: [0.01, 0.02],
    learningRate: 0.001,
    out: 'x',
    steps: 5,
  }
  const point = { quality: 0, bitsPerPixel: 0.25, psnr: 30, encodeSeconds: 1, decodeSeconds: 1 }
  writeFileSync(
    join(run, 'history.json'),
    JSON.stringify({
      kind: 'codec',
      settings,
      backend: { name: 'onnx', device: 'cpu (1 thread)' },
      run: { steps: 5, history: { epochs: [{ seconds: 90 }, { seconds: 30 }] } },
      test: { pictures: 4, points: [point] },
      ...record,
    }),
  )
  writeFileSync(join(out, 'README.md'), '# a\n<!-- card -->\nold\n<!-- end of card -->\nb\n')
  return { run, out }
}

describe('the package made from a run', () => {
  it('holds the weights and a card, and is read again', async () => {
    const { run, out } = await standIn('whole')
    const card = await makePackage(run, out)
    const weights = readFileSync(join(out, 'weights/model.safetensors'))
    expect(weights).toEqual(readFileSync(join(run, 'model.safetensors')))
    expect([card.bytes, card.updates, card.minutes]).toEqual([weights.length, 5, 2])
    const readme = readFileSync(join(out, 'README.md'), 'utf8')
    expect(readme).toMatch(/^# a\n<!-- card -->\n[\s\S]*<!-- end of card -->\nb\n$/)
    expect(readme).toContain(
      'npx winnow train codec --data photos --lambdas 0.01,0.02 --learning-rate 0.001 --steps 5\n',
    )
    expect(readme).toContain('| 0 | 0.250 | 30.00 | - |')
    expect(readme).not.toContain('old')
    const before = memory().numTensors
    const from = pathToFileURL(`${out}/weights/`)
    expect(await loadTinyCodecCard({ from })).toEqual(card)
    const codec = await loadTinyCodec({ from })
    expect(await codec.fingerprint()).toBe(card.fingerprint)
    codec[Symbol.dispose]()
    expect(memory().numTensors).toBe(before)
  })

  it.each([
    ['of another kind', { kind: 'vae' }, "a run of 'vae' came, expected 'codec'"],
    ['that goes on', {}, 'an unfinished run came'],
  ])('is not made from a run %s', async (name, record, words) => {
    const { run, out } = await standIn(name, record)
    if (name === 'that goes on') writeFileSync(join(run, 'checkpoint.safetensors'), '')
    await expect(makePackage(run, out)).rejects.toThrow(words)
    expect(readdirSync(out)).toEqual(['README.md'])
  })

  it('is refused in words where files are missing or broken', async () => {
    const { out } = await standIn('broken')
    const from = pathToFileURL(`${out}/weights/`)
    await expect(loadTinyCodec({ from })).rejects.toThrow('there is no such file')
    mkdirSync(join(out, 'weights'))
    writeFileSync(join(out, 'weights/card.json'), '{')
    await expect(loadTinyCodecCard({ from })).rejects.toThrow(/card\.json: not JSON/)
  })
})
