/** All replacement kernels of the wasm backend. */
import { cumulativeAxis } from './cumulative-axis.ts'
import { einsumByProducts } from './einsum.ts'
import type { Replacement } from './replacement.ts'
import { wasmBool } from './wasm-bool.ts'
import { wasmCast } from './wasm-cast.ts'
import { wasmClip } from './wasm-clip.ts'
import { wasmConvFilterGradient } from './wasm-conv-filter-gradient.ts'
import { wasmConvInputGradient } from './wasm-conv-input-gradient.ts'
import { wasmConv3dGradients } from './wasm-conv3d-gradients.ts'
import { wasmDepthwiseGradients } from './wasm-depthwise-gradients.ts'
import { wasmEmpty } from './wasm-empty.ts'
import { wasmFused } from './wasm-fused.ts'
import { wasmGather } from './wasm-gather.ts'
import { wasmIdentity } from './wasm-identity.ts'
import { wasmInteger } from './wasm-integer.ts'
import { wasmLog1p } from './wasm-log1p.ts'
import { wasmMatMul } from './wasm-matmul.ts'
import { wasmMaxPoolGradient } from './wasm-max-pool-gradient.ts'
import { wasmNaN } from './wasm-nan.ts'
import { wasmOneHot } from './wasm-one-hot.ts'
import { wasmSegmentSum } from './wasm-segment-sum.ts'
import { wasmStridedSlice } from './wasm-strided-slice.ts'
import { wasmTile } from './wasm-tile.ts'

/** At most one for each kernel. */
export const wasmReplacements: readonly Replacement[] = [
  ...wasmBool,
  wasmCast,
  wasmClip,
  ...wasmConv3dGradients,
  wasmConvFilterGradient,
  wasmConvInputGradient,
  ...wasmDepthwiseGradients,
  ...cumulativeAxis('wasm'),
  einsumByProducts('wasm'),
  ...wasmEmpty,
  ...wasmFused,
  wasmGather,
  wasmIdentity,
  ...wasmInteger,
  wasmLog1p,
  wasmMatMul,
  wasmMaxPoolGradient,
  ...wasmNaN,
  wasmSegmentSum,
  wasmStridedSlice,
  wasmOneHot,
  wasmTile,
]
