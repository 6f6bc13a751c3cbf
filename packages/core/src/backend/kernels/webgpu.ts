/** All replacement kernels of the webgpu backend. */
import { einsumByProducts } from './einsum.ts'
import type { Replacement } from './replacement.ts'
import { webgpuAddN } from './webgpu-add-n.ts'
import { webgpuSegmentSum } from './webgpu-segment-sum.ts'

export const webgpuReplacements: readonly Replacement[] = [
  einsumByProducts('webgpu'),
  webgpuAddN,
  webgpuSegmentSum,
]
