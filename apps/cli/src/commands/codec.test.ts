import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CodecEvaluation } from '../codec/evaluate.ts'
import { readPicture, writePicture } from '../codec/picture-file.ts'
import { winnow } from '../testing/command-line.ts'
import { putPhotos, tinyPhoto } from '../testing/tiny-photos.ts'

let folder: string
let run: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  run = join(folder, 'run')
  await putPhotos(join(folder, 'photos'), 4)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await useBackend('cpu')
})

const small = [
  ...['--channels', '6', '--latents', '8', '--lambdas', '0.005,0.02', '--crop', '64'],
  ...['--patches', '12', '--batch', '4', '--backend', 'onnx'],
]
const codec = (command: string, path: string, ...more: readonly string[]) =>
  winnow(command, path, '--model', run, '--backend', 'onnx', ...more)

describe('winnow train codec', () => {
  it('trains on photos, measures files of whole photos and writes a folder; eval reads it again', async () => {
    const { code, out, err } = await winnow(
      ...[
        'train',
        'codec',
        '--data',
        join(folder, 'photos'),
        '--out',
        run,
        '--steps',
        '3',
        ...small,
      ],
    )
    expect([code, err.includes('winnow:')], err).toEqual([0, false])
    expect(readdirSync(run).sort()).toEqual([
      'history.json',
      'model.safetensors',
      'plan.json',
      'quality.png',
      'rate.png',
      'reconstructions.png',
    ])
    expect(out).toContain('means over 1 whole test picture')
    const { test } = JSON.parse(readFileSync(join(run, 'history.json'), 'utf8'))
    expect(test.points.map(({ quality }: { quality: number }) => quality)).toEqual([
      0, 0.25, 0.5, 0.75, 1,
    ])
    for (const { bitsPerPixel, psnr } of test.points) {
      expect(bitsPerPixel).toBeGreaterThan(0)
      expect(psnr).toBeGreaterThan(5)
    }
    const again = await winnow('eval', run, '--backend', 'onnx', '--json')
    const points = (value: { points: object[] }) =>
      value.points.map((point) => ({ ...point, encodeSeconds: 0, decodeSeconds: 0 }))
    expect(points(JSON.parse(again.out))).toEqual(points(test))
  }, 120_000)

  it.each([
    ['no data', ['--steps', '1'], 'none came, expected a folder of photos'],
    [
      'patches larger than photos',
      ['--steps', '1', '--crop', '512'],
      'has 512 pixels on both sides',
    ],
    [
      'a context of a factorised prior',
      ['--steps', '1', '--prior', 'factorized', '--context', 'channels'],
      '--context',
    ],
    ['lambdas that fall', ['--lambdas', '2,1'], 'rising numbers'],
  ])('refuses %s in words', async (what, more, words) => {
    const data = what === 'no data' ? [] : ['--data', join(folder, 'photos')]
    const out = join(folder, 'refused')
    const ending = await winnow('train', 'codec', ...data, '--out', out, ...small, ...more)
    expect(ending.code).not.toBe(0)
    expect(ending.err).toContain(words)
    expect(existsSync(out)).toBe(false)
  })
})

describe('winnow compress and decompress', () => {
  it('bring back a folder: sizes, channels and depth as they were, alpha exactly', async () => {
    const images = {
      'one.png': { width: 1, height: 1, channels: 3, data: Uint8Array.of(10, 200, 30) },
      'odd/grey.png': { width: 67, height: 35, channels: 1, data: tinyPhoto(1, 67, 35, 1) },
      'odd/alpha.png': { width: 33, height: 70, channels: 4, data: tinyPhoto(2, 33, 70, 4) },
      'sixteen.png': {
        ...{ width: 20, height: 30, channels: 2 },
        data: Uint16Array.from(tinyPhoto(3, 20, 30, 2), (value) => value * 257 + (value % 7)),
      },
    }
    for (const [name, image] of Object.entries(images)) {
      await writePicture(await inFolder(join(folder, 'in', name)), image)
    }
    const out = join(folder, 'small')
    const compressed = await codec('compress', join(folder, 'in'), '--out', out, '--tile', '64')
    expect(compressed.code, compressed.err).toBe(0)
    expect(compressed.out).toMatch(/1\/4 .*alpha\.wnw: 33x70, .* bits per pixel/)
    const back = join(folder, 'back')
    const restored = await codec('decompress', out, '--out', back)
    expect(restored.code, restored.err).toBe(0)
    for (const [name, image] of Object.entries(images)) {
      const found = await readPicture(join(back, name))
      const { width, height, channels } = image
      expect(found).toMatchObject({ width, height, channels })
      expect(found.data.constructor).toBe(image.data.constructor)
      if (channels % 2 === 0) {
        const alpha = (data: ArrayLike<number>) =>
          Array.from(data).filter((_, i) => i % channels === channels - 1)
        expect(alpha(found.data), name).toEqual(alpha(image.data))
      }
    }
    const refused = await codec('compress', join(folder, 'in'), '--out', out)
    expect([refused.code, refused.err.includes('--force')]).toEqual([1, true])
    expect(
      (
        await codec(
          'compress',
          join(folder, 'in', 'one.png'),
          '--out',
          join(out, 'one.wnw'),
          '--force',
        )
      ).code,
    ).toBe(0)
  }, 60_000)

  it('need no model: the small one that comes along is taken', async () => {
    const [photo, out] = [join(folder, 'photos', '0.png'), join(folder, 'shipped')]
    const file = join(out, '0.wnw')
    const compressed = await winnow('compress', photo, '--out', file, '--backend', 'onnx')
    expect(compressed.code, compressed.err).toBe(0)
    const back = join(out, 'back.png')
    const restored = await winnow('decompress', file, '--out', back, '--backend', 'onnx')
    expect(restored.code, restored.err).toBe(0)
    const [a, b] = await Promise.all([readPicture(photo), readPicture(back)])
    const squares = Array.from(a.data, (value, i) => (value - (b.data[i] ?? 0)) ** 2).reduce(
      (sum, square) => sum + square,
      0,
    )
    // Better than 22 dB on a made-up photo.
    expect(squares / a.data.length).toBeLessThan(410)
    const other = await codec('decompress', file, '--out', back, '--force')
    expect([other.code, other.err.includes('other weights')]).toEqual([1, true])
  }, 60_000)

  it('go on after a file that fails, and name it', async () => {
    const out = join(folder, 'damaged')
    await codec('compress', join(folder, 'photos'), '--out', out, '--quality', '0')
    const path = join(out, '1.wnw')
    writeFileSync(path, readFileSync(path).subarray(0, 100))
    const { code, out: text, err } = await codec('decompress', out, '--format', 'jpeg')
    expect(code).toBe(1)
    expect(err).toContain('1.wnw: file: it is damaged or truncated')
    expect(err).toContain('1 of 4 files failed')
    expect(text.match(/\.jpg: /g)).toHaveLength(3)
    const missing = await codec('compress', join(folder, 'nothing'))
    expect(missing.err).toContain('no such file or folder')
    const quality = await codec('compress', join(folder, 'photos', '0.png'), '--quality', '7')
    expect(quality.err).toContain('quality 7 came, expected 0 to 1')
  }, 60_000)
})

describe('winnow evaluate codec', () => {
  it('compares with JPEG, WebP and AVIF, in words, Markdown, JSON and pictures', async () => {
    const images = await putPhotos(join(folder, 'test'), 1)
    const out = join(folder, 'evaluation')
    const {
      code,
      out: text,
      err,
    } = await winnow(
      ...[
        'evaluate',
        'codec',
        '--images',
        images,
        '--model',
        run,
        '--out',
        out,
        '--backend',
        'onnx',
      ],
    )
    expect(code, err).toBe(0)
    const evaluation = JSON.parse(
      readFileSync(join(out, 'evaluation.json'), 'utf8'),
    ) as CodecEvaluation
    expect(evaluation.curves.map(({ name }) => name)).toEqual([
      'HyperpriorCodec',
      'JPEG',
      'WebP',
      'AVIF',
    ])
    for (const { name, points } of evaluation.curves.slice(1)) {
      const rates = points.map(({ bitsPerPixel }) => bitsPerPixel)
      expect(rates, name).toEqual([...rates].sort((a, b) => a - b))
      expect(points.at(-1)?.psnr, name).toBeGreaterThan(30)
      expect(points.at(-1)?.multiScaleSimilarity, name).toBeGreaterThan(0.98)
    }
    expect(readFileSync(join(out, 'evaluation.md'), 'utf8')).toContain('| JPEG | 5 |')
    expect(text).toContain('bits of HyperpriorCodec against')
    expect(readdirSync(out).sort()).toEqual([
      'evaluation.json',
      'evaluation.md',
      'rate-psnr.png',
      'rate-similarity.png',
    ])
  }, 120_000)
})

async function inFolder(path: string): Promise<string> {
  const { mkdir } = await import('node:fs/promises')
  await mkdir(join(path, '..'), { recursive: true })
  return path
}
