/** All replacement kernels of the webgpu backend. */
import { einsumByProducts } from './einsum.ts'
import type { Replacement } from './replacement.ts'
import { webgpuAddN } from './webgpu-add-n.ts'
import { webgpuCumulative } from './webgpu-cumulative.ts'
import { webgpuMatMul } from './webgpu-matmul.ts'
import { webgpuPad } from './webgpu-pad.ts'
import { webgpuReduction } from './webgpu-reduction.ts'
import { webgpuSegmentSum } from './webgpu-segment-sum.ts'
import { webgpuSmallArgument } from './webgpu-small-argument.ts'
import { webgpuTranspose } from './webgpu-transpose.ts'

/** At most one for each kernel. */
export const webgpuReplacements: readonly Replacement[] = [
  einsumByProducts('webgpu'),
  webgpuAddN,
  ...webgpuCumulative,
  webgpuMatMul,
  webgpuPad,
  ...webgpuReduction,
  webgpuSegmentSum,
  ...webgpuSmallArgument,
  webgpuTranspose,
]
