import '@tensorflow/tfjs-backend-cpu'
import { expect, it } from 'vitest'
import { fuzzSearchFile, searchFiles } from './testing/hostile-indexes.ts'

it.each(searchFiles)('%s: 20,000', async (kind) => {
  const { read, refused } = await fuzzSearchFile(kind, 20_000, 2)
  expect(read).toBeGreaterThan(50)
  expect(refused).toBeGreaterThan(3000)
})
