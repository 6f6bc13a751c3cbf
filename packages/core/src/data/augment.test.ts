import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { type Augmentation, randomCrop, randomFlip, randomShift } from './augment.ts'
import { fromArrays } from './dataset.ts'

// 3 rows, 2 columns, 2 channels; the value says where it was: row * 100 + column * 10 + channel + 1.
const image = [0, 100, 200].flatMap((row) =>
  [0, 10].flatMap((column) => [row + column + 1, row + column + 2]),
)
const count = 200
const images = {
  data: Float32Array.from(Array.from({ length: count }, () => image).flat()),
  shape: [count, 3, 2, 2],
}

/** How often each outcome came. */
function outcomes(augmentation: Augmentation, seed = 1): Map<string, number> {
  const { data, shape } = augmentation(images, new Rng(seed))
  const size = data.length / count
  expect(shape[0]).toBe(count)
  const found = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const key = data.slice(i * size, (i + 1) * size).join(' ')
    found.set(key, (found.get(key) ?? 0) + 1)
  }
  return found
}

describe('augmentations', () => {
  it('flips about half of the images, left to right or top to bottom', () => {
    const whole = image.join(' ')
    const sideways = outcomes(randomFlip())
    expect([...sideways.keys()].sort()).toEqual(
      [whole, '11 12 1 2 111 112 101 102 211 212 201 202'].sort(),
    )
    expect(sideways.get(whole)).toBeGreaterThan(70)
    expect(sideways.get(whole)).toBeLessThan(130)
    const upright = outcomes(randomFlip({ axis: 'vertical', probability: 1 }))
    expect([...upright.keys()]).toEqual(['201 202 211 212 101 102 111 112 1 2 11 12'])
  })

  it('shifts by every step in both directions, filling the edges', () => {
    const found = outcomes(randomShift({ pixels: 1, fill: -1 }))
    expect(found.size).toBe(9)
    expect(found.has(image.join(' '))).toBe(true)
    expect(found.has('-1 -1 -1 -1 -1 -1 1 2 -1 -1 101 102')).toBe(true)
    expect(found.has('111 112 -1 -1 211 212 -1 -1 -1 -1 -1 -1')).toBe(true)
    expect(outcomes(randomShift({ pixels: 5 })).has('0 0 0 0 0 0 0 0 0 0 0 0')).toBe(true)
  })

  it('crops windows within the image, or within its border', () => {
    const inside = outcomes(randomCrop({ size: [2, 1] }))
    expect([...inside.keys()].sort()).toEqual([
      '1 2 101 102',
      '101 102 201 202',
      '11 12 111 112',
      '111 112 211 212',
    ])
    expect(outcomes(randomCrop({ size: [3, 2], padding: 1 })).size).toBe(9)
    expect(() => outcomes(randomCrop({ size: [4, 2] }))).toThrow(
      /size: \[4,2\] came, expected at most \[3, 2\]/,
    )
  })

  it('leaves what came as it was, and draws the same for the same generator', () => {
    const before = images.data.slice()
    expect([...outcomes(randomShift({ pixels: 1 }), 5)]).toEqual([
      ...outcomes(randomShift({ pixels: 1 }), 5),
    ])
    expect(images.data).toEqual(before)
  })

  it('resumes with the same augmentation in mid-epoch', async () => {
    const batches = fromArrays(images)
      .shuffle()
      .batch(20)
      .augment(randomFlip(), randomShift({ pixels: 1 }))
      .prefetch(2)
    const read = async (from: number) => {
      const out: number[][] = []
      for await (const { inputs } of batches.epoch(new Rng(2), 1, { from }))
        out.push([...inputs.data])
      return out
    }
    const whole = await read(0)
    expect(await read(7)).toEqual(whole.slice(7))
    expect(new Set(whole.map(String)).size).toBe(10)
  })

  it('refuses what is no batch of images, and wrong settings', () => {
    expect(() => randomFlip()({ data: new Float32Array(6), shape: [3, 2] }, new Rng(1))).toThrow(
      /shape \[3,2\].*\[batch, height, width, channels\]/,
    )
    expect(() => randomFlip({ probability: 2 })).toThrow(/probability: 2/)
    expect(() => randomShift({ pixels: 0.5 })).toThrow(/pixels: 0.5/)
  })
})
