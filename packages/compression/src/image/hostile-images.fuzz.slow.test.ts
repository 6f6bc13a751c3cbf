import '@tensorflow/tfjs-backend-cpu'
import { expect, it } from 'vitest'
import { fuzzImages } from './testing/hostile-images.ts'

it('300,000 spoiled pictures', async () => {
  const { read, refused } = await fuzzImages(300_000, 2)
  expect(read).toBeGreaterThan(500)
  expect(refused).toBeGreaterThan(100_000)
})
