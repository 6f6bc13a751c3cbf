import { env } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { allClose, type CloseOptions, type Numbers } from './packages/core/src/testing/all-close.ts'

// Silences the banner that tfjs prints when it finds itself in Node.
env().set('IS_TEST', true)

expect.extend({
  toBeAllClose(actual: Numbers, expected: Numbers, options?: CloseOptions) {
    const problem = allClose(actual, expected, options)
    return {
      pass: problem === undefined,
      message: () => problem ?? 'expected some numbers to differ, but all are close',
    }
  },
})
