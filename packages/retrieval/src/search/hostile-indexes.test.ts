import '@tensorflow/tfjs-backend-cpu'
import { expect, it } from 'vitest'
import { fuzzSearchFile, searchFiles } from './testing/hostile-indexes.ts'

// Many more in hostile-indexes.fuzz.slow.test.ts.
it.each(searchFiles)('a spoiled %s is read and searched, or refused in words', async (kind) => {
  const { read, refused } = await fuzzSearchFile(kind, 1500, 1)
  expect(read).toBeGreaterThan(5)
  expect(refused).toBeGreaterThan(200)
})
