/** The benches by name: whole training steps first, then single kernels. */
export const trainingBenches = [
  'vae-mlp',
  'vae-conv',
  'transformer',
  'vit',
  'mae-32',
  'mae-96',
  'mlm',
  'sae',
  'sae-4096',
  'sae-scaling-4k',
  'sae-scaling-16k',
  'sae-scaling-64k',
  'codec',
] as const
export const kernelBenches = [
  'matmul',
  'convolution',
  'elementwise',
  'reduce',
  'gather-scatter',
] as const

/** Coding on the host: see `coding.ts`. */
export const codingBenches = ['entropy-coder', 'codec-image'] as const

/** The forward pass of a model alone. */
export const forwardBenches = ['encode'] as const

/** Search among vectors: see `search.ts`. */
export const searchBenches = ['search'] as const

export type TrainingBench = (typeof trainingBenches)[number]
export type KernelBench = (typeof kernelBenches)[number]

export const benches: readonly string[] = [
  ...trainingBenches,
  ...forwardBenches,
  ...codingBenches,
  ...searchBenches,
  ...kernelBenches,
]

/** Whether a bench makes whole training steps. */
export function isTraining(bench: string): bench is TrainingBench {
  return (trainingBenches as readonly string[]).includes(bench)
}
