/**
 * `_FusedMatMul` on wasm: the stock kernel adds the first entry of the bias to every column as soon as there is more
 * than one matrix or a transposed operand; and it is slow on transposed operands, as `BatchMatMul` is. Here it gets
 * single plain products only; the rest is made of product, sum and activation.
 */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'
import type { KernelRun } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface FusedAttrs {
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly activation: string
  readonly leakyreluAlpha?: number
}

export const wasmFusedMatMul: Replacement = {
  kernelName: '_FusedMatMul',
  backendName: 'wasm',
  reason: 'batches and transposed operands get the first entry of the bias in every column',
  make: (stock) => (args) => {
    const { transposeA, transposeB, activation, leakyreluAlpha } =
      args.attrs as unknown as FusedAttrs
    const { a, b, bias, preluActivationWeights } = args.inputs as Record<string, TensorInfo>
    const matrices = (x: TensorInfo | undefined): number =>
      util.sizeFromShape((x as TensorInfo).shape.slice(0, -2))
    if (!transposeA && !transposeB && matrices(a) === 1 && matrices(b) === 1) {
      return (stock as KernelFunc)(args)
    }
    return composite('wasm', args.backend, (run) => {
      const product = run.call('BatchMatMul', { a, b }, { transposeA, transposeB })
      const sum = bias == null ? product : run.call('Add', { a: product, b: bias })
      return activated(run, sum, activation, leakyreluAlpha, preluActivationWeights)
    })
  },
}

const plainActivations: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
}

function activated(
  run: KernelRun,
  x: TensorInfo,
  activation: string,
  leakyreluAlpha: number | undefined,
  alpha: TensorInfo | undefined,
): TensorInfo {
  if (activation === 'linear') return x
  if (activation === 'prelu') return run.call('Prelu', { x, alpha })
  if (activation === 'leakyrelu') return run.call('LeakyRelu', { x }, { alpha: leakyreluAlpha })
  const kernelName = plainActivations[activation]
  check(
    kernelName !== undefined,
    () => `fused.matMul: the activation '${activation}' is not known.`,
  )
  return run.call(kernelName, { x })
}
