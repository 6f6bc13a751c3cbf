import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensor, tidy } from '@tensorflow/tfjs-core'
import { Rng, restore, useBackend } from '@winnow/core'
import { VAE } from '@winnow/vae'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { winnow } from '../testing/command-line.ts'
import { putIdx } from '../testing/tiny-data.ts'

let folder: string
let run: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  run = join(folder, 'run')
  const data = putIdx(join(folder, 'images.idx'), 60)
  const small = ['--hidden', '16', '--latent', '3', '--batch', '8', '--steps', '3']
  await winnow('train', 'vae', '--data', data, '--out', run, ...small, '--backend', 'cpu')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What ONNX Runtime alone makes of a file. */
async function onnx(path: string, values: Float32Array, shape: readonly number[]) {
  const session = await InferenceSession.create(readFileSync(path))
  const [input] = session.inputNames
  const results = await session.run({
    [input as string]: new Tensor('float32', values, [...shape]),
  })
  const [output] = session.outputNames
  return results[output as string] as Tensor
}

describe('winnow export', () => {
  it('writes files that ONNX Runtime runs alone, for any batch, to the same numbers', async () => {
    const { code, out } = await winnow('export', run)
    expect(code).toBe(0)
    expect(out).toMatch(/encoder\.onnx .*x \[batch, .*\] -> mean \[batch, 3\]/)
    await useBackend('cpu')
    const model = await restore(VAE, join(run, 'model.safetensors'))
    const { input } = model.config
    const size = input.reduce((a, b) => a * b, 1)
    for (const batch of [1, 5]) {
      const x = new Rng(1).uniformValues(batch * size)
      const mean = tidy(() => model.features(tensor(x, [batch, ...input])).dataSync())
      const encoded = await onnx(join(run, 'encoder.onnx'), x, [batch, ...input])
      expect(encoded.dims).toEqual([batch, 3])
      expect(encoded.data as Float32Array).toBeAllClose(mean, { absolute: 1e-5 })
      const z = new Rng(2).normalValues(batch * 3)
      const pixels = tidy(() =>
        model.choices.likelihood.mean(model.decode(tensor(z, [batch, 3]))).dataSync(),
      )
      const decoded = await onnx(join(run, 'decoder.onnx'), z, [batch, 3])
      expect(decoded.dims).toEqual([batch, ...input])
      expect(decoded.data as Float32Array).toBeAllClose(pixels, { absolute: 1e-5 })
    }
  })

  it('halves the files on request, and refuses a folder without a model', async () => {
    const half = join(folder, 'half')
    expect((await winnow('export', run, '--float16', '--out', half)).code).toBe(0)
    const bytes = (of: string) => statSync(join(of, 'encoder.onnx')).size
    expect(bytes(half)).toBeLessThan(0.7 * bytes(run))
    const { code, err } = await winnow('export', join(folder, 'nothing'))
    expect(code).toBe(1)
    expect(err).toContain('history.json: cannot be read: there is no such file')
  })
})
