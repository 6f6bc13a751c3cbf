/** All replacement kernels of the webgpu backend. */
import { einsumByProducts } from './einsum.ts'
import type { Replacement } from './replacement.ts'
import { webgpuAddN } from './webgpu-add-n.ts'
import { webgpuCumulative } from './webgpu-cumulative.ts'
import { webgpuManyAxes } from './webgpu-many-axes.ts'
import { webgpuMatMul } from './webgpu-matmul.ts'
import { webgpuReduction } from './webgpu-reduction.ts'
import { webgpuSegmentSum } from './webgpu-segment-sum.ts'
import { webgpuSmallArgument } from './webgpu-small-argument.ts'
import { webgpuTranspose } from './webgpu-transpose.ts'

/** At most one for each kernel. */
export const webgpuReplacements: readonly Replacement[] = [
  einsumByProducts('webgpu'),
  webgpuAddN,
  ...webgpuCumulative,
  ...webgpuManyAxes,
  webgpuMatMul,
  ...webgpuReduction,
  webgpuSegmentSum,
  ...webgpuSmallArgument,
  webgpuTranspose,
]
