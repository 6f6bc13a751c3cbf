/**
 * The fused kernels of wasm (product or convolution, bias, activation). The stock `_FusedMatMul` adds the first entry of
 * the bias to every column as soon as there is more than one matrix or a transposed operand, and all three turn a NaN
 * into 0 at their built-in relu. Here they are made of their parts.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'
import type { KernelRun } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface FusedAttrs {
  readonly activation: string
  readonly leakyreluAlpha?: number
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
  { activation, leakyreluAlpha }: FusedAttrs,
  alpha: TensorInfo | undefined,
): TensorInfo {
  if (activation === 'linear') return x
  if (activation === 'prelu') return run.call('Prelu', { x, alpha })
  if (activation === 'leakyrelu') return run.call('LeakyRelu', { x }, { alpha: leakyreluAlpha })
  const kernelName = plainActivations[activation]
  check(kernelName !== undefined, () => `activation: '${activation}' is not known on wasm.`)
  return run.call(kernelName, { x })
}

/** A fused kernel on top of `plain`, which takes the operands of those names. */
const unfused = (plain: string, operands: readonly [string, string]) => (): KernelFunc => (args) =>
  composite('wasm', args.backend, (run) => {
    const inputs = args.inputs as Record<string, TensorInfo | undefined>
    const [first, second] = operands
    const product = run.call(
      plain,
      { [first]: inputs[first], [second]: inputs[second] },
      args.attrs as object,
    )
    const bias = inputs['bias'] ?? undefined
    const sum = bias === undefined ? product : run.call('Add', { a: product, b: bias })
    const attrs = args.attrs as unknown as FusedAttrs
    return activated(run, sum, attrs, inputs['preluActivationWeights'])
  })

const backendName = 'wasm'

export const wasmFused: readonly Replacement[] = [
  {
    kernelName: '_FusedMatMul',
    backendName,
    reason: 'batches and transposed operands get the first entry of the bias in every column',
    make: unfused('BatchMatMul', ['a', 'b']),
  },
  {
    kernelName: 'FusedConv2D',
    backendName,
    reason: 'relu(NaN) is 0',
    make: unfused('Conv2D', ['x', 'filter']),
  },
  {
    kernelName: 'FusedDepthwiseConv2D',
    backendName,
    reason: 'relu(NaN) is 0',
    make: unfused('DepthwiseConv2dNative', ['x', 'filter']),
  },
]
