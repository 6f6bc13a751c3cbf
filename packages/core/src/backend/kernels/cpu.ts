/** All replacement kernels of the cpu backend. */
import type { Replacement } from './replacement.ts'

export const cpuReplacements: readonly Replacement[] = []
