/**
 * `Tile` on wasm by copies of whole blocks: the gradients of sums and means are broadcasts, and the stock kernel computes
 * the place of every element by itself.
 */
import type { TensorInfo, TypedArray } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

export const wasmTile: Replacement = {
  kernelName: 'Tile',
  backendName: 'wasm',
  reason: 'slow: the place of every element is computed by itself',
  make: () => (args) => {
    const x = args.inputs['x'] as TensorInfo
    const { reps } = args.attrs as unknown as { readonly reps: readonly number[] }
    const shape = reps.map((count, axis) => count * (x.shape[axis] as number))
    const wasm = args.backend as WasmHandle
    const out = wasm.makeOutput(shape, x.dtype)
    const target = wasm.typedArrayFromHeap(out)
    if (target.length === 0) return out
    const source = wasm.typedArrayFromHeap(x)
    // The last axis first: each round repeats blocks that are whole already; the last round writes into the output.
    let current: TypedArray = source
    let inner = 1
    for (let axis = reps.length - 1; axis >= 0; axis--) {
      const block = inner * (x.shape[axis] as number)
      const count = reps[axis] as number
      inner = block * count
      if (count === 1) continue
      const blocks = current.length / block
      const done =
        util.sizeFromShape(shape.slice(axis)) * (source.length / sizeBelow(x.shape, axis))
      const next = done === target.length ? target : (target.slice(0, done) as TypedArray)
      repeat(current, next, { blocks, block, count })
      current = next
    }
    if (current === source) target.set(source)
    return out
  },
}

/** Writes each block of `from` `count` times in a row. */
function repeat(
  from: TypedArray,
  to: TypedArray,
  { blocks, block, count }: { blocks: number; block: number; count: number },
): void {
  let at = 0
  for (let i = 0; i < blocks; i++) {
    if (block === 1) {
      to.fill(from[i] as number, at, at + count)
    } else {
      const part = from.subarray(i * block, (i + 1) * block)
      for (let k = 0; k < count; k++) to.set(part, at + k * block)
    }
    at += block * count
  }
}

function sizeBelow(shape: readonly number[], axis: number): number {
  return util.sizeFromShape(shape.slice(axis) as number[])
}
