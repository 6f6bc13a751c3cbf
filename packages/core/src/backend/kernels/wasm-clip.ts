/** `ClipByValue` on wasm: a NaN becomes the lower bound, and the bits of an int32 are clipped as if they were a float. */
import type { Replacement } from './replacement.ts'
import { integerUnary } from './wasm-integer.ts'
import { unaryKeepingNaN } from './wasm-nan.ts'

interface ClipAttrs {
  readonly clipValueMin: number
  readonly clipValueMax: number
}

const clipped = (attrs: unknown): ((value: number) => number) => {
  const { clipValueMin, clipValueMax } = attrs as ClipAttrs
  return (value) => Math.max(clipValueMin, Math.min(clipValueMax, value))
}

export const wasmClip: Replacement = {
  kernelName: 'ClipByValue',
  backendName: 'wasm',
  reason: 'clipByValue(NaN) is the lower bound; int32 is clipped by its bits',
  make: (stock) => integerUnary('ClipByValue', clipped)(unaryKeepingNaN(stock)),
}
