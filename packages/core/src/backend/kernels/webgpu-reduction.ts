/**
 * Reductions on webgpu. Over any axes but the last they transpose first, by a shader that is invalid for int32, bool and
 * cast masks: the mended one runs instead (webgpu-transpose.ts). Of no elements they give what cpu gives: a stock
 * reduction takes the number of its rows from 0 / 0.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util, util } from '@tensorflow/tfjs-core'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

/** The reduction of nothing; undefined where cpu has none either. */
const ofNothing: Readonly<Record<string, number | undefined>> = {
  Sum: 0,
  Mean: 0,
  Prod: 1,
  Max: Number.NaN,
  Min: Number.NaN,
  All: 1,
  Any: 0,
  ArgMax: undefined,
  ArgMin: undefined,
}

interface ReductionAttrs {
  readonly axis?: number | number[]
  readonly reductionIndices?: number | number[]
  readonly keepDims?: boolean
}

const truths = ['All', 'Any']

export const webgpuReduction: readonly Replacement[] = Object.entries(ofNothing).map(
  ([kernelName, empty]) => ({
    kernelName,
    backendName: 'webgpu',
    reason:
      'over the first axes, int32, bool and cast masks fail; of no elements, the shape is NaN',
    make: (stock) => (args) => {
      const reduce = stock as KernelFunc
      const x = args.inputs['x'] as TensorInfo
      const attrs = args.attrs as unknown as ReductionAttrs
      const given = attrs.axis ?? attrs.reductionIndices ?? [...x.shape.keys()]
      const axes = util.parseAxisParam(given, x.shape)
      const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes)
      const shape = attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept
      if (util.sizeFromShape(x.shape) === 0 && empty !== undefined) {
        const dtype = truths.includes(kernelName)
          ? 'bool'
          : x.dtype === 'int32'
            ? x.dtype
            : 'float32'
        return composite('webgpu', args.backend, (run) =>
          run.call('Fill', {}, { shape, value: empty, dtype }),
        )
      }
      const perm = backend_util.getAxesPermutation(axes, x.shape.length)
      if (perm === null) return reduce(args)
      return composite('webgpu', args.backend, (run) => {
        const turned = run.call('Transpose', { x }, { perm })
        const inner = backend_util.getInnerMostAxes(axes.length, x.shape.length)
        const axis = kernelName.startsWith('Arg') ? inner[0] : inner
        const result = run.apply(
          reduce,
          { x: turned },
          { axis, reductionIndices: inner, keepDims: false },
        )
        return run.reshape(result, shape)
      })
    },
  }),
)
