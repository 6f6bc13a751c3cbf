/** All replacement kernels of the webgpu backend. */
import type { Replacement } from './replacement.ts'

export const webgpuReplacements: readonly Replacement[] = []
