/**
 * Products of batches that are broadcast both ways, [2, 1] with [3] or [2, 2] with [2, 1]: tfjs counts through the
 * smaller batch again and again, which is right only where its shape is the end of the other's. Such operands are
 * repeated first.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { broadcastShape } from './broadcast.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

/** `product`, given operands whose batches it can count through. */
export const withWholeBatches =
  (backendName: string, product: KernelFunc): KernelFunc =>
  (args) => {
    const a = args.inputs['a'] as TensorInfo
    const b = args.inputs['b'] as TensorInfo
    const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
    if (countsRight(batchA, batchB)) return product(args)
    const batch = broadcastShape(batchA, batchB)
    return composite(backendName, args.backend, (run) => {
      const whole = (x: TensorInfo): TensorInfo => {
        const missing = batch.length + 2 - x.shape.length
        const shape = [...new Array<number>(missing).fill(1), ...x.shape]
        const reps = shape.map((extent, axis) => (batch[axis] ?? extent) / extent)
        return run.call('Tile', { x: run.reshape(x, shape) }, { reps })
      }
      return run.apply(product, { a: whole(a), b: whole(b) }, args.attrs as object)
    })
  }

function countsRight(a: readonly number[], b: readonly number[]): boolean {
  const [short, long] = [a, b]
    .map((shape) => shape.slice(leadingOnes(shape)))
    .sort((x, y) => x.length - y.length) as [number[], number[]]
  const end = long.slice(long.length - short.length)
  return util.arraysEqual(short, end) || util.sizeFromShape([...a, ...b]) === 0
}

function leadingOnes(shape: readonly number[]): number {
  const first = shape.findIndex((extent) => extent !== 1)
  return first < 0 ? shape.length : first
}

/** For backends whose product needs nothing else. */
export const broadcastMatMul = (backendName: string): Replacement => ({
  kernelName: 'BatchMatMul',
  backendName,
  reason: 'batches that are broadcast both ways are paired wrongly',
  make: (stock) => withWholeBatches(backendName, stock as KernelFunc),
})
