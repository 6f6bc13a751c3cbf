/** A WGSL program of our own: one output, one thread for each of its elements. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'

/** The part of tfjs's webgpu backend that runs programs. */
export interface ProgramHandle {
  runWebGPUProgram(program: object, inputs: TensorInfo[], dtype: TensorInfo['dtype']): TensorInfo
}

const threads = 64

/**
 * @param key names the program: everything that `body` depends on but shapes' ranks and dtypes.
 * @param body WGSL for one element, at `index`; the input is `A`, the output `result`.
 */
export function elementProgram(outputShape: number[], key: string, body: string): object {
  return {
    variableNames: ['A'],
    outputShape,
    shaderKey: key,
    workgroupSize: [threads, 1, 1],
    dispatchLayout: { x: [...outputShape.keys()] },
    dispatch: [Math.ceil(util.sizeFromShape(outputShape) / threads), 1, 1],
    size: true,
    getUserCode: () => `fn main(index : i32) { if (index < uniforms.size) { ${body} } }`,
  }
}

/** WGSL's name of what an element of this dtype is stored as. */
export function storedAs(dtype: TensorInfo['dtype']): 'f32' | 'i32' {
  return dtype === 'float32' ? 'f32' : 'i32'
}
