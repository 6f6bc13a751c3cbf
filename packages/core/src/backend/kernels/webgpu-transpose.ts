/**
 * `Transpose` on webgpu: the shader of the stock kernel writes floats alone, and is refused for int32 and bool, and for
 * float32 that was cast from a mask (a cast changes the label, not the buffer). Reductions of these over any axis but
 * the last transpose first, and failed with it: argMax, all, the gradient of max.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { Replacement } from './replacement.ts'
import type { ProgramHandle } from './webgpu-program.ts'
import { elementProgram, storedAs } from './webgpu-program.ts'

const letters = ['x', 'y', 'z', 'w', 'u', 'v']

export const webgpuTranspose: Replacement = {
  kernelName: 'Transpose',
  backendName: 'webgpu',
  reason: 'the shader is invalid for int32, bool and cast masks',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    const { perm } = args.attrs as unknown as { perm: number[] }
    const rank = x.shape.length
    // Two axes have a shader of their own, which is right.
    if (rank < 3 || rank > letters.length || util.sizeFromShape(x.shape) === 0) {
      return (stock as KernelFunc)(args)
    }
    const shape = perm.map((axis) => x.shape[axis] as number)
    const source = new Array<string>(rank)
    perm.forEach((axis, i) => {
      source[axis] = `coords.${letters[i]}`
    })
    const vector = rank > 4 ? `vec${rank}` : `vec${rank}<i32>`
    const program = elementProgram(
      shape,
      `winnowTranspose_${perm}_${x.dtype}`,
      `let coords = getCoordsFromIndex(index);
       result[index] = ${storedAs(x.dtype)}(A[getIndexFromCoords${rank}D(${vector}(${source}), uniforms.aShape)]);`,
    )
    return (args.backend as ProgramHandle).runWebGPUProgram(program, [x], x.dtype)
  },
}
