/**
 * `Expm1` and `Log1p` on webgpu: the stock shaders take exp(x) − 1 and log(1 + x), and lose the digits of a small x. The
 * bins of the discretised logistic are as narrow as that. Near zero the series are taken:
 *
 *     exp(x) − 1 = x + x²/2! + x³/3! + …        log(1 + x) = 2 artanh(s) = 2 (s + s³/3 + s⁵/5 + …), s = x / (2 + x)
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { Replacement } from './replacement.ts'
import type { ProgramHandle } from './webgpu-program.ts'
import { elementProgram } from './webgpu-program.ts'

/** The function away from zero, and near it. */
const forms: Readonly<Record<string, readonly [string, string]>> = {
  Expm1: [
    'exp(x) - 1.0',
    'x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0)))))',
  ],
  Log1p: ['log(1.0 + x)', '2.0 * s * (1.0 + s * s * (1.0 / 3.0 + s * s * (0.2 + s * s / 7.0)))'],
}

export const webgpuSmallArgument: readonly Replacement[] = Object.entries(forms).map(
  ([kernelName, [far, near]]) => ({
    kernelName,
    backendName: 'webgpu',
    reason: 'the digits of a small argument are lost',
    make: (stock) => (args) => {
      const x = args.inputs['x'] as TensorInfo
      if (x.dtype !== 'float32' || util.sizeFromShape(x.shape) === 0) {
        return (stock as KernelFunc)(args)
      }
      const program = elementProgram(
        x.shape,
        `winnow${kernelName}`,
        `let x = f32(A[index]);
         let s = x / (2.0 + x);
         result[index] = select(${far}, ${near}, abs(x) < 0.2);`,
      )
      return (args.backend as ProgramHandle).runWebGPUProgram(program, [x], 'float32')
    },
  }),
)
