import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { fromArrays } from './dataset.ts'
import { type RandomResizedCropOptions, randomResizedCrop } from './random-resized-crop.ts'

/** The only window that these leave is the whole image, which is resampled to a size. */
const whole = (height: number, width: number): RandomResizedCropOptions => ({
  scale: [1, 1],
  ratio: [width / height, width / height],
})

/** Images whose values follow a rule that no symmetry shares. */
const irregular = (height: number, width: number, channels: number) => ({
  data: Float32Array.from(
    { length: height * width * channels },
    (_, i) => (i * i * 7 + 3 * i) % 11,
  ),
  shape: [1, height, width, channels],
})

/**
 * The windows of many crops. An image enlarged keeps its outermost pixels, whose values are row and column here: the
 * corners of what comes out tell where the window began and ended.
 */
function windows(height: number, width: number, options: RandomResizedCropOptions, seed = 1) {
  const count = 2000
  const image = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width])
  const data = Float32Array.from(Array.from({ length: count }, () => image).flat(2))
  const side = 2 * Math.max(height, width)
  const crop = randomResizedCrop({ ...options, size: [side, side] })
  const out = crop({ data, shape: [count, height, width, 2] }, new Rng(seed)).data
  const stride = side * side * 2
  return Array.from({ length: count }, (_, i) => {
    const [top, left] = out.slice(i * stride, i * stride + 2) as unknown as [number, number]
    const [bottom, right] = out.slice((i + 1) * stride - 2, (i + 1) * stride) as typeof out
    return { top, left, height: (bottom ?? 0) - top + 1, width: (right ?? 0) - left + 1 }
  })
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length

describe('randomResizedCrop', () => {
  // The values of PyTorch's interpolate(mode: bilinear, antialias, align_corners off).
  it.each([
    [
      [7, 5, 1],
      [3, 2],
      [4.16234, 4.41234, 3.29679, 4.73797, 3.66234, 3.98377],
    ],
    [
      [2, 3, 1],
      [4, 5],
      [
        ...[0, 4, 10, 4.6, 1, 1.5, 4.2, 8.25, 4.2, 1.5],
        ...[4.5, 4.6, 4.75, 3.4, 2.5, 6, 4.8, 3, 3, 3],
      ],
    ],
    [
      [3, 6, 2],
      [5, 2],
      [
        ...[1.875, 5.625, 6.625, 0.625, 3.375, 5.025, 4.225, 3.275, 5.625, 4.125],
        ...[0.625, 7.25, 4.725, 3.375, 4.6, 3.125, 4.125, 2.875, 7.25, 0.375],
      ],
    ],
  ] as const)('resamples %j to %j as PyTorch does', ([height, width, channels], size, expected) => {
    const crop = randomResizedCrop({ ...whole(height, width), size })
    const { data, shape } = crop(irregular(height, width, channels), new Rng(1))
    expect(shape).toEqual([1, ...size, channels])
    expect([...data].map((value) => Number(value.toFixed(5)))).toEqual(expected)
  })

  it('gives back a whole image of its own size, and rounds whole numbers', () => {
    const images = irregular(4, 6, 3)
    expect([...randomResizedCrop(whole(4, 6))(images, new Rng(1)).data]).toEqual([...images.data])
    const bytes = { data: Int32Array.from([0, 3, 10, 255]), shape: [1, 2, 2, 1] }
    const shrunk = randomResizedCrop({ ...whole(2, 2), size: [1, 2] })(bytes, new Rng(1)).data
    expect(shrunk).toEqual(Int32Array.from([5, 129]))
  })

  it('draws areas evenly and shapes evenly by their logarithm, at any place', () => {
    const square = windows(24, 24, { scale: [0.25, 1], ratio: [1, 1] })
    const shares = square.map(({ height, width }) => (height * width) / 576)
    expect(Math.min(...shares)).toBeCloseTo(0.25, 5)
    expect(Math.max(...shares)).toBe(1)
    expect(mean(shares)).toBeGreaterThan(0.6)
    expect(mean(shares)).toBeLessThan(0.65)
    const shaped = windows(24, 24, { scale: [0.2, 0.3], ratio: [1 / 3, 3] })
    const logs = shaped.map(({ height, width }) => Math.log(width / height))
    expect(Math.abs(mean(logs))).toBeLessThan(0.06)
    expect(mean(logs.map(Math.abs))).toBeGreaterThan(0.5)
    expect(mean(logs.map(Math.abs))).toBeLessThan(0.6)
    for (const side of ['top', 'left'] as const) {
      const extent = side === 'top' ? 'height' : 'width'
      const places = square.flatMap((window) =>
        window[extent] === 24 ? [] : [window[side] / (24 - window[extent])],
      )
      expect(Math.min(...places)).toBe(0)
      expect(Math.max(...places)).toBe(1)
      expect(Math.abs(mean(places) - 0.5)).toBeLessThan(0.03)
    }
    for (const { top, left, height, width } of [...square, ...shaped]) {
      expect(Math.min(top, left, 24 - top - height, 24 - left - width)).toBeGreaterThanOrEqual(0)
    }
  })

  it('takes the middle where no window fits', () => {
    expect(windows(4, 40, {})[0]).toEqual({ top: 0, left: 17, height: 4, width: 5 })
    expect(windows(40, 4, {})[7]).toEqual({ top: 17, left: 0, height: 5, width: 4 })
  })

  it('draws anew for each image, the same for the same generator, in mid-epoch too', async () => {
    expect(windows(8, 8, {}, 3)).toEqual(windows(8, 8, {}, 3))
    expect(new Set(windows(8, 8, {}).map((window) => JSON.stringify(window))).size).toBeGreaterThan(
      30,
    )
    const { data, shape } = irregular(24, 9, 1)
    const images = fromArrays({ data, shape: [(shape[1] as number) / 3, 3, 9, 1] })
    const batches = images.shuffle().batch(2).augment(randomResizedCrop())
    const read = async (from: number) => {
      const found: number[][] = []
      for await (const { inputs } of batches.epoch(new Rng(2), 1, { from })) {
        expect(inputs.shape).toEqual([2, 3, 9, 1])
        found.push([...inputs.data])
      }
      return found
    }
    expect(await read(3)).toEqual((await read(0)).slice(3))
  })

  it('refuses ranges that are none, and what is no batch of images', () => {
    expect(() => randomResizedCrop({ scale: [0, 1] })).toThrow(
      'scale: [0,1] came, expected [low, high] with 0 < low <= high <= 1',
    )
    expect(() => randomResizedCrop({ scale: [0.5, 1.5] })).toThrow('scale: [0.5,1.5]')
    expect(() => randomResizedCrop({ ratio: [2, 1] })).toThrow('ratio: [2,1] came')
    expect(() => randomResizedCrop({ ratio: [1, Number.POSITIVE_INFINITY] })).toThrow('ratio')
    expect(() => randomResizedCrop({ size: [0, 4] })).toThrow('size: [0,4] came')
    const flat = { data: new Float32Array(6), shape: [3, 2] }
    expect(() => randomResizedCrop()(flat, new Rng(1))).toThrow(/shape \[3,2\].*\[batch, height/)
  })
})
