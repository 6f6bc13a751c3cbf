/** Matrix products on webgpu: of empty operands, and of batches that are broadcast both ways (matmul-broadcast.ts). */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { broadcastShape } from './broadcast.ts'
import { composite } from './kernel-run.ts'
import { withWholeBatches } from './matmul-broadcast.ts'
import type { Replacement } from './replacement.ts'

export const webgpuMatMul: Replacement = {
  kernelName: 'BatchMatMul',
  backendName: 'webgpu',
  reason: 'empty operands cannot be bound; batches that are broadcast both ways are paired wrongly',
  make: (stock) => {
    const product = withWholeBatches('webgpu', stock as KernelFunc)
    return (args) => {
      const a = args.inputs['a'] as TensorInfo
      const b = args.inputs['b'] as TensorInfo
      if (util.sizeFromShape(a.shape) > 0 && util.sizeFromShape(b.shape) > 0) return product(args)
      const { transposeA, transposeB } = args.attrs as {
        transposeA?: boolean
        transposeB?: boolean
      }
      const rows = a.shape.at(transposeA ? -1 : -2) as number
      const columns = b.shape.at(transposeB ? -2 : -1) as number
      const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
      return composite('webgpu', args.backend, (run) =>
        run.call('Fill', {}, { shape: [...batch, rows, columns], value: 0, dtype: 'float32' }),
      )
    }
  },
}
