/** All kernels, under one registration. */
import type { KernelFunc } from '@tensorflow/tfjs-core'
import type { Lowerings } from '../kernel.ts'
import { kernelFunction, registerKernelFunctions } from '../kernel.ts'
import { binaryKernels } from './binary.ts'
import { convolutionKernels } from './convolution.ts'
import { creationKernels } from './creation.ts'
import { einsumKernels } from './einsum.ts'
import { imageKernels } from './image.ts'
import { layoutKernels } from './layout.ts'
import { matmulKernels } from './matmul.ts'
import { normalizationKernels } from './normalization.ts'
import { poolingKernels } from './pooling.ts'
import { reductionKernels } from './reduction.ts'
import { scatterKernels } from './scatter.ts'
import { sharingKernels } from './sharing.ts'
import { unaryKernels } from './unary.ts'

const lowerings: Lowerings = {
  ...unaryKernels,
  ...binaryKernels,
  ...reductionKernels,
  ...matmulKernels,
  ...creationKernels,
  ...layoutKernels,
  ...scatterKernels,
  ...convolutionKernels,
  ...poolingKernels,
  ...imageKernels,
  ...normalizationKernels,
  ...einsumKernels,
}

const kernels: Readonly<Record<string, KernelFunc>> = {
  ...Object.fromEntries(
    Object.entries(lowerings).map(([name, lowering]) => [name, kernelFunction(lowering)]),
  ),
  ...sharingKernels,
}

/** Registers every kernel for the tfjs backend of that name. Calling it again changes nothing. */
export function registerGraphKernels(backendName: string): void {
  registerKernelFunctions(backendName, kernels)
}
