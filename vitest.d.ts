import 'vitest'

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: must repeat what it extends
  interface Matchers<T = any> {
    /**
     * Numbers, alone or in (typed, nested) arrays, agree: |actual - expected| <= absolute + relative |expected|.
     * Defaults: relative 1e-5, absolute 1e-6.
     */
    toBeAllClose(
      expected: import('./packages/core/src/testing/all-close.ts').Numbers,
      options?: import('./packages/core/src/testing/all-close.ts').CloseOptions,
    ): void
  }
}
