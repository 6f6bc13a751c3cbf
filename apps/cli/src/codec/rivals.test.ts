import { Rng } from '@winnow/core'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { decodeRival, RIVALS } from './rivals.ts'

it.each(RIVALS)('$name: a grey picture comes back as it was, but for its losses', async (rival) => {
  const [width, height] = [40, 24]
  const noise = new Rng(7).uniformValues(width * height, 0, 20)
  const data = Uint8Array.from(noise, (value, i) => 100 + (i % width) + value)
  const bytes = await rival.encode({ data, width, height, channels: 1 }, 90)
  if (rival.name === 'JPEG') expect((await sharp(bytes).metadata()).channels).toBe(1)
  const back = await decodeRival(bytes)
  expect([back.width, back.height]).toEqual([width, height])
  const errors = Array.from(data, (value, i) => (value - Number(back.data[i * back.channels])) ** 2)
  expect(errors.reduce((sum, error) => sum + error) / errors.length).toBeLessThan(60)
})
