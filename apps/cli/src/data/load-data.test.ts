import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { WinnowError, writeNpy } from '@winnow/core'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fetchDebianPackage } from './debian.ts'
import { loadEmoji } from './emoji.ts'
import { dataNames, loadData } from './load-data.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function put(path: string, bytes: Uint8Array | string): string {
  const whole = join(folder, path)
  mkdirSync(join(whole, '..'), { recursive: true })
  writeFileSync(whole, bytes)
  return whole
}

async function putImage(
  path: string,
  width: number,
  height: number,
  colour: string,
): Promise<void> {
  const image = sharp({ create: { width, height, channels: 3, background: colour } })
  const format = path.endsWith('.png')
    ? image.png()
    : path.endsWith('.webp')
      ? image.webp()
      : image.jpeg()
  put(path, await format.toBuffer())
}

const idx = (shape: readonly number[], values: readonly number[]) =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size]), ...values])

describe('named data', () => {
  it('loads MNIST, both parts', async () => {
    const test = await loadData('mnist', { split: 'test' })
    expect(test.shape).toEqual([10_000, 28, 28, 1])
    expect(test.labels?.slice(0, 5)).toEqual(Int32Array.of(7, 2, 1, 0, 4))
    expect(test.classNames).toHaveLength(10)
    const train = await loadData('MNIST')
    expect(train.shape).toEqual([60_000, 28, 28, 1])
    // The mean that everybody normalises by: 0.1307.
    let sum = 0
    for (const value of train.images) sum += value
    expect(sum / train.images.length / 255).toBeCloseTo(0.1307, 4)
    expect(train.labels?.filter((label) => label === 5)).toHaveLength(5421)
  })

  it('loads emoji on white, in nine categories, a fifth to test, and says how to get them', async () => {
    const all = await loadData('emoji', { split: 'all', size: 16 })
    expect(all.shape).toEqual([1906, 16, 16, 3])
    expect(all.classNames).toHaveLength(9)
    expect(new Set(all.labels).size).toBe(9)
    // The corners are paper, and something is drawn on it.
    const corners = Array.from({ length: 1906 }, (_, i) => all.images[i * 16 * 16 * 3] as number)
    expect(corners.filter((value) => value === 255).length).toBeGreaterThan(1500)
    expect(new Set(all.images.slice(0, 16 * 16 * 3)).size).toBeGreaterThan(20)
    await expect(loadEmoji({}, join(folder, 'package.json'))).rejects.toThrow(
      'emoji.json: cannot be read',
    )
  })

  it('refuses unknown names with the nearest, and unknown parts', async () => {
    await expect(loadData('mnits')).rejects.toThrow(WinnowError)
    await expect(loadData('mnits')).rejects.toThrow(/'mnits' is neither.*Did you mean 'mnist'/)
    await expect(loadData('./no/such/folder')).rejects.toThrow(/neither known nor a file or folder/)
    await expect(loadData('mnist', { split: 'tset' as 'test' })).rejects.toThrow(
      /split: 'tset'.*'test'/,
    )
    expect(dataNames().map(({ name }) => name)).toEqual(['mnist', 'fashion-mnist', 'emoji'])
  })

  it('says so where there is no apt', async () => {
    vi.stubEnv('PATH', folder)
    await expect(fetchDebianPackage('dataset-fashion-mnist', { cache: folder })).rejects.toThrow(
      /dataset-fashion-mnist: .*no apt-get/,
    )
  })
})

describe('folders of images', () => {
  it('takes subfolders as classes, in the order of their names', async () => {
    await putImage('cats/b.png', 3, 2, '#ff0000')
    await putImage('cats/a.webp', 3, 2, '#00ff00')
    await putImage('dogs/deep/c.jpg', 3, 2, '#0000ff')
    put('dogs/notes.txt', 'not an image')
    const data = await loadData(folder, { split: 'all' })
    expect(data.shape).toEqual([3, 2, 3, 3])
    expect([data.labels, data.classNames]).toEqual([Int32Array.of(0, 0, 1), ['cats', 'dogs']])
    const firsts = [0, 1, 2].map((i) => [...data.images.subarray(i * 18, i * 18 + 3)])
    expect(firsts[1]).toEqual([255, 0, 0])
    expect(firsts[0]?.[1]).toBeGreaterThan(240)
    expect(firsts[2]?.[2]).toBeGreaterThan(240)
  })

  it('scales, crops and greys as asked', async () => {
    await putImage('a.png', 8, 4, '#ffffff')
    await putImage('b.png', 5, 9, '#000000')
    await expect(loadData(folder, { split: 'all' })).rejects.toThrow(
      /b\.png: 9x5 pixels.*4x8; choose a size/,
    )
    const data = await loadData(folder, { split: 'all', size: 3, channels: 1 })
    expect(data.shape).toEqual([2, 3, 3, 1])
    expect([...data.images]).toEqual([...Array(9).fill(255), ...Array(9).fill(0)])
    expect((await loadData(folder, { split: 'all', size: [2, 1] })).shape).toEqual([2, 2, 1, 3])
    await expect(loadData(folder, { size: 0 })).rejects.toThrow(/size: \[0,0\]/)
  })

  it('uses train and test folders, else keeps a tenth back', async () => {
    for (const name of ['train/a/1.png', 'train/b/2.png', 'test/b/3.png'])
      await putImage(name, 1, 1, '#808080')
    expect((await loadData(folder)).shape[0]).toBe(2)
    expect((await loadData(folder, { split: 'test' })).classNames).toEqual(['b'])
    for (let i = 0; i < 20; i++) await putImage(`flat/${i}.png`, 1, 1, `rgb(${i},0,0)`)
    const flat = join(folder, 'flat')
    const [train, test] = [await loadData(flat), await loadData(flat, { split: 'test' })]
    const reds = [...train.images, ...test.images].filter((_, i) => i % 3 === 0)
    expect([train.shape[0], test.shape[0]]).toEqual([18, 2])
    expect(reds.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(await loadData(flat, { split: 'test' })).toEqual(test)
  })

  it('names the image that is broken', async () => {
    await putImage('a.png', 40, 40, '#123456')
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#654321',
        noise: { type: 'gaussian', mean: 99, sigma: 60 },
      },
    })
      .jpeg()
      .toBuffer()
    const cut = put('b.jpg', whole.subarray(0, whole.length / 2))
    await expect(loadData(folder, { size: 8, split: 'all' })).rejects.toThrow(WinnowError)
    await expect(loadData(folder, { size: 8, split: 'all' })).rejects.toThrow(
      `${cut}: cannot be read as an image`,
    )
    writeFileSync(cut, 'no image at all')
    await expect(loadData(folder, { size: 8, split: 'all' })).rejects.toThrow(
      `${cut}: cannot be read as an image`,
    )
  })

  it('refuses a folder without images, or with images at two levels', async () => {
    await expect(loadData(folder)).rejects.toThrow(/no images there/)
    await putImage('a.png', 1, 1, '#000')
    await expect(loadData(folder, { split: 'test' })).rejects.toThrow(/too few to keep a tenth/)
    await putImage('class/b.png', 1, 1, '#000')
    await expect(loadData(folder)).rejects.toThrow(/both in it and in its subfolders.*'a\.png'/)
  })
})

describe('files', () => {
  it('reads IDX, packed or not, with the labels beside it', async () => {
    const images = idx([2, 1, 2], [1, 2, 3, 4])
    const path = put('my-images-idx3-ubyte', images)
    expect((await loadData(path, { split: 'all' })).labels).toBeUndefined()
    put('my-labels-idx1-ubyte', idx([2], [1, 0]))
    expect(await loadData(path, { split: 'all' })).toEqual({
      name: 'my-images-idx3-ubyte',
      images: Uint8Array.of(1, 2, 3, 4),
      shape: [2, 1, 2, 1],
      labels: Int32Array.of(1, 0),
      classNames: ['0', '1'],
    })
    const packed = put('digits.gz', gzipSync(images))
    expect((await loadData(packed, { split: 'all' })).images).toEqual(Uint8Array.of(1, 2, 3, 4))
    put('my-labels-idx1-ubyte', idx([3], [1, 0, 1]))
    await expect(loadData(path)).rejects.toThrow(/labels \[3\] came for images \[2,1,2\]/)
  })

  it('reads a folder with the four files of MNIST', async () => {
    for (const [prefix, count] of [
      ['train', 2],
      ['t10k', 1],
    ] as const) {
      put(
        `set/${prefix}-images-idx3-ubyte.gz`,
        gzipSync(idx([count, 1, 1], Array(count).fill(count))),
      )
      put(`set/${prefix}-labels-idx1-ubyte.gz`, gzipSync(idx([count], Array(count).fill(count))))
    }
    const all = await loadData(join(folder, 'set'), { split: 'all' })
    expect([all.images, all.labels]).toEqual([Uint8Array.of(2, 2, 1), Int32Array.of(2, 2, 1)])
    expect((await loadData(join(folder, 'set'), { split: 'test' })).shape).toEqual([1, 1, 1, 1])
  })

  it('reads NPY as numbers or bytes', async () => {
    const path = put('a.npy', writeNpy({ data: Float64Array.of(0.5, 1, 2, 3), shape: [2, 2] }))
    expect(await loadData(path, { split: 'all' })).toEqual({
      name: 'a.npy',
      images: Float32Array.of(0.5, 1, 2, 3),
      shape: [2, 2],
    })
    const bytes = put('b.npy', writeNpy({ data: Uint8Array.of(1, 2), shape: [2, 1, 1] }))
    expect((await loadData(bytes, { split: 'all' })).images).toBeInstanceOf(Uint8Array)
  })

  it('reads CSV with a label column', async () => {
    const path = put('t.csv', 'a,b,kind\n1,2,x\n3,4,y\n')
    expect(await loadData(path, { split: 'all', label: 'kind' })).toEqual({
      name: 't.csv',
      images: Float32Array.of(1, 2, 3, 4),
      shape: [2, 2],
      labels: Int32Array.of(0, 1),
      classNames: ['x', 'y'],
    })
  })

  it.each([
    ['an empty file', 'a.csv', new Uint8Array(0), /a\.csv: the file is empty/],
    [
      'bytes of no known kind',
      'a.bin',
      Uint8Array.of(1, 0, 200, 255),
      /a\.bin: not IDX, NPY or text/,
    ],
    ['a broken IDX', 'a.idx', idx([5], [1]), /a\.idx: 9 bytes/],
    [
      'a broken gzip',
      'a.gz',
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      /a\.gz: the gzip file is cut off or broken/,
    ],
    [
      'too many axes',
      'a.npy',
      writeNpy({ data: new Uint8Array(1), shape: [1, 1, 1, 1, 1] }),
      /shape \[1,1,1,1,1\]/,
    ],
    [
      'no items',
      'a.npy',
      writeNpy({ data: new Uint8Array(0), shape: [0, 2] }),
      /at least one item/,
    ],
    [
      'what is not finite',
      'a.npy',
      writeNpy({ data: Float32Array.of(1, Number.NaN), shape: [2, 1] }),
      /value number 1 is NaN/,
    ],
  ])('refuses %s', async (_, name, bytes, message) => {
    const path = put(name, bytes)
    await expect(loadData(path, { split: 'all' })).rejects.toThrow(WinnowError)
    await expect(loadData(path, { split: 'all' })).rejects.toThrow(message)
  })
})
