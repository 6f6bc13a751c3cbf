/**
 * Matrix products on wasm: a transposed operand is transposed first.
 *
 * The stock kernel hands A·B to a blocked SIMD product, and anything transposed to a plain loop 20 to 60 times slower;
 * every weight gradient needs Aᵀ·B and every input gradient A·Bᵀ. Batches broadcast both ways: see matmul-broadcast.ts.
 */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { broadcastShape } from './broadcast.ts'
import type { WasmHandle } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import { withWholeBatches } from './matmul-broadcast.ts'
import type { Replacement } from './replacement.ts'

interface MatMulAttrs {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

export const wasmMatMul: Replacement = {
  kernelName: 'BatchMatMul',
  backendName: 'wasm',
  reason: 'a transposed operand takes a loop 20 to 60 times slower than the blocked product',
  make: (stock) => (args) => {
    const product = withWholeBatches('wasm', stock as KernelFunc)
    const { transposeA = false, transposeB = false } = args.attrs as unknown as MatMulAttrs
    const a = args.inputs['a'] as TensorInfo
    const b = args.inputs['b'] as TensorInfo
    if (util.sizeFromShape(a.shape) === 0 || util.sizeFromShape(b.shape) === 0) {
      // The blocked product refuses an empty inner axis and leaves its output unset.
      const rows = a.shape.at(transposeA ? -1 : -2) as number
      const columns = b.shape.at(transposeB ? -2 : -1) as number
      const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
      const wasm = args.backend as WasmHandle
      const out = wasm.makeOutput([...batch, rows, columns], 'float32')
      wasm.typedArrayFromHeap(out).fill(0)
      return out
    }
    if (!transposeA && !transposeB) return product(args)
    return composite('wasm', args.backend, (run) => {
      const swapped = (x: TensorInfo): TensorInfo => {
        const rank = x.shape.length
        const perm = [...x.shape.keys()]
        perm.splice(rank - 2, 2, rank - 1, rank - 2)
        return run.call('Transpose', { x }, { perm })
      }
      return run.apply(
        product,
        { a: transposeA ? swapped(a) : a, b: transposeB ? swapped(b) : b },
        { transposeA: false, transposeB: false },
      )
    })
  },
}
