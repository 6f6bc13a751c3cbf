import { expect, test } from 'vitest'
import { GAUSSIAN_CHECKSUM, gaussianChecksum } from './testing/gaussian-checksum.ts'

test('Chromium makes the counts that Node makes', () => {
  expect(gaussianChecksum()).toBe(GAUSSIAN_CHECKSUM)
})
