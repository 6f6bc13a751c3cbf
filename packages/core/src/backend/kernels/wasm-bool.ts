/**
 * bool on wasm: a bool takes one byte, and these stock kernels move four, past the end of the tensor and over its
 * neighbours on the heap. They run on int32 and the result is cast back.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

/** Runs the stock kernel with the inputs of those names as int32 where `x` or `t` is bool. */
const throughIntegers =
  (names: readonly string[]) =>
  (stock: KernelFunc | undefined): KernelFunc =>
  (args) => {
    const inputs = args.inputs as Record<string, TensorInfo>
    if (names.every((name) => inputs[name]?.dtype !== 'bool')) return (stock as KernelFunc)(args)
    return composite('wasm', args.backend, (run) => {
      const integers = { ...inputs }
      for (const name of names) {
        integers[name] = run.call('Cast', { x: inputs[name] }, { dtype: 'int32' })
      }
      const moved = run.apply(stock as KernelFunc, integers, args.attrs as object)
      return run.call('Cast', { x: moved }, { dtype: 'bool' })
    })
  }

const backendName = 'wasm'
const reason = 'moves four bytes for a bool of one, past the end of the tensor'

export const wasmBool: readonly Replacement[] = [
  { kernelName: 'Select', backendName, reason, make: throughIntegers(['t', 'e']) },
  { kernelName: 'Reverse', backendName, reason, make: throughIntegers(['x']) },
]
