import '@tensorflow/tfjs-backend-cpu'
import { expect, it } from 'vitest'
import { fuzzImages } from './testing/hostile-images.ts'

// Many more in hostile-images.fuzz.slow.test.ts.
it('spoiled pictures are refused in words', async () => {
  const { read, refused } = await fuzzImages(2000, 1)
  // Few: the coder ends where it began, or says so.
  expect(read).toBeGreaterThan(5)
  expect(refused).toBeGreaterThan(1000)
})
