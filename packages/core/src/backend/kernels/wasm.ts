/** All replacement kernels of the wasm backend. */
import type { Replacement } from './replacement.ts'
import { wasmCast } from './wasm-cast.ts'
import { wasmConvFilterGradient } from './wasm-conv-filter-gradient.ts'
import { wasmFusedMatMul } from './wasm-fused-matmul.ts'
import { wasmGather } from './wasm-gather.ts'
import { wasmIdentity } from './wasm-identity.ts'
import { wasmMatMul } from './wasm-matmul.ts'
import { wasmSegmentSum } from './wasm-segment-sum.ts'

export const wasmReplacements: readonly Replacement[] = [
  wasmCast,
  wasmConvFilterGradient,
  wasmFusedMatMul,
  wasmGather,
  wasmIdentity,
  wasmMatMul,
  wasmSegmentSum,
]
