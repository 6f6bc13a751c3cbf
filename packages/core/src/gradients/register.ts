/** Registration of core's gradients with tfjs. */
import { getGradient, registerGradient, unregisterGradient } from '@tensorflow/tfjs-core'
import { activation } from './activation.ts'
import { arithmetic } from './arithmetic.ts'
import { convolution } from './convolution.ts'
import type { KernelGradient } from './definition.ts'
import { gatherScatter } from './gather-scatter.ts'
import { image } from './image.ts'
import { linearAlgebra } from './linear-algebra.ts'
import { zeroGradients } from './non-differentiable.ts'
import { normalization } from './normalization.ts'
import { pooling } from './pooling.ts'
import { reduction } from './reduction.ts'
import { selection } from './selection.ts'
import { shape } from './shape.ts'
import { unary } from './unary.ts'

/** All gradients that core owns. */
export const gradients: readonly KernelGradient[] = [
  arithmetic,
  unary,
  activation,
  reduction,
  linearAlgebra,
  convolution,
  pooling,
  shape,
  gatherScatter,
  selection,
  normalization,
  image,
  zeroGradients,
].flat()

/**
 * Registers core's gradients with tfjs. Cheap and safe to call again: where another library (the umbrella
 * `@tensorflow/tfjs`, say) has put its own in their place, ours are restored.
 */
export function registerGradients(): void {
  for (const { kernel, config } of gradients) {
    const present = getGradient(kernel) as ReturnType<typeof getGradient> | undefined
    if (present === config) continue
    // Removed first, so that tfjs has nothing to warn about in debug mode.
    if (present !== undefined) unregisterGradient(kernel)
    registerGradient(config)
  }
}
