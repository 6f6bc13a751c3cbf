/** All replacement kernels of the cpu backend. */
import { cpuSegmentSum } from './cpu-segment-sum.ts'
import { cumulativeAxis } from './cumulative-axis.ts'
import { einsumByProducts } from './einsum.ts'
import { broadcastMatMul } from './matmul-broadcast.ts'
import type { Replacement } from './replacement.ts'

export const cpuReplacements: readonly Replacement[] = [
  broadcastMatMul('cpu'),
  cpuSegmentSum,
  ...cumulativeAxis('cpu'),
  einsumByProducts('cpu'),
]
