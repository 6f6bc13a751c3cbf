/**
 * Kernels of webgpu beyond four axes, where stock shaders are invalid (WGSL's vectors end there), throw, or read the tensor
 * back in mid-step, which loses the device of some drivers. Axes are joined with their neighbours until few are left.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { slice_util, util } from '@tensorflow/tfjs-core'
import { composite, type KernelRun } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

/** The most axes that a shader of tfjs takes. */
const MOST = 4

type Padding = readonly [before: number, after: number]

/** What a kernel does to one axis of `[outer, extent, inner]`: other attributes for the stock kernel. */
type AxisAttributes = (sizes: readonly [number, number, number]) => object

/** Applies the stock kernel to one axis after another, those given, of x as `[outer, extent, inner]`. */
function axisByAxis(
  run: KernelRun,
  stock: KernelFunc,
  x: TensorInfo,
  steps: ReadonlyMap<number, AxisAttributes>,
): TensorInfo {
  let [y, shape] = [x, [...x.shape]]
  for (const [axis, attributes] of steps) {
    const outer = util.sizeFromShape(shape.slice(0, axis))
    const inner = util.sizeFromShape(shape.slice(axis + 1))
    const sizes = [outer, shape[axis] as number, inner] as const
    y = run.apply(stock, { x: run.reshape(y, [...sizes]) }, attributes(sizes))
    shape = shape.map((extent, i) => (i === axis ? (y.shape[1] as number) : extent))
  }
  return run.reshape(y, shape)
}

interface Rule {
  readonly reason: string
  /** What the kernel does, axis by axis; undefined where the stock kernel is right whatever the number of axes. */
  readonly steps: (x: TensorInfo, attrs: object) => ReadonlyMap<number, AxisAttributes> | undefined
}

const rules: Readonly<Record<string, Rule>> = {
  PadV2: {
    reason: 'the shader is invalid beyond four axes',
    steps: (_, attrs) => {
      const { paddings, constantValue } = attrs as {
        paddings: readonly Padding[]
        constantValue: number
      }
      const padded = [...paddings.entries()].filter(([, [before, after]]) => before + after > 0)
      return new Map(
        padded.map(([axis, padding]) => [
          axis,
          () => ({ paddings: [[0, 0], padding, [0, 0]], constantValue }),
        ]),
      )
    },
  },
  Tile: {
    reason: 'beyond four axes the tensor is read back and tiled on the host',
    steps: (_, attrs) => {
      const { reps } = attrs as { reps: readonly number[] }
      const tiled = [...reps.entries()].filter(([, count]) => count !== 1)
      return new Map(tiled.map(([axis, count]) => [axis, () => ({ reps: [1, count, 1] })]))
    },
  },
  Reverse: {
    reason: 'it throws beyond four axes',
    steps: ({ shape }, attrs) => {
      const { dims } = attrs as { dims: number | number[] }
      return new Map(util.parseAxisParam(dims, shape).map((axis) => [axis, () => ({ dims: [1] })]))
    },
  },
  StridedSlice: {
    reason: 'the shader is invalid beyond four axes',
    steps: ({ shape }, attrs) => slicedAxes(shape, attrs as StridedSliceAttrs),
  },
}

interface StridedSliceAttrs {
  readonly begin: number[]
  readonly end: number[]
  readonly strides: number[]
  readonly beginMask: number
  readonly endMask: number
  readonly ellipsisMask: number
  readonly newAxisMask: number
  readonly shrinkAxisMask: number
}

function slicedAxes(
  shape: number[],
  attrs: StridedSliceAttrs,
): ReadonlyMap<number, AxisAttributes> | undefined {
  const info = sliceInfoOf(shape, attrs)
  if (info.isIdentity || info.sliceDim0 || info.isSimpleSlice) return undefined
  return new Map(
    shape.map((_, axis) => [
      axis,
      ([outer, , inner]) => {
        const [first, last, stride] = [info.begin, info.end, info.strides].map(
          (values) => values[axis] as number,
        ) as [number, number, number]
        return {
          begin: [0, first, 0],
          end: [outer, last, inner],
          strides: [1, stride, 1],
          beginMask: 0,
          // An end before the first element would be counted from the last.
          endMask: last < 0 ? 2 : 0,
          ellipsisMask: 0,
          newAxisMask: 0,
          shrinkAxisMask: 0,
        }
      },
    ]),
  )
}

const byAxis = Object.entries(rules).map(
  ([kernelName, { reason, steps }]): Replacement => ({
    kernelName,
    backendName: 'webgpu',
    reason,
    make: (stock) => (args) => {
      const x = args.inputs['x'] as TensorInfo
      const found = x.shape.length > MOST ? steps(x, args.attrs as object) : undefined
      if (found === undefined) return (stock as KernelFunc)(args)
      return composite('webgpu', args.backend, (run) => {
        const y = axisByAxis(run, stock as KernelFunc, x, found)
        if (kernelName !== 'StridedSlice') return y
        const { finalShape } = sliceInfoOf(x.shape, args.attrs as unknown as StridedSliceAttrs)
        return run.reshape(y, finalShape)
      })
    },
  }),
)

/** Where a slice begins and ends, and its shape with axes that are shrunk or new ones. */
function sliceInfoOf(
  shape: number[],
  { begin, end, strides, ...masks }: StridedSliceAttrs,
): ReturnType<typeof slice_util.sliceInfo> {
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = masks
  return slice_util.sliceInfo(
    shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  )
}

const select: Replacement = {
  kernelName: 'Select',
  backendName: 'webgpu',
  reason: 'it throws beyond four axes',
  make: (stock) => (args) => {
    const { condition, t, e } = args.inputs as Record<'condition' | 't' | 'e', TensorInfo>
    const { shape } = t
    if (shape.length <= MOST || condition.shape.length !== shape.length) {
      return (stock as KernelFunc)(args)
    }
    return composite('webgpu', args.backend, (run) => {
      const flat = (x: TensorInfo): TensorInfo => run.reshape(x, [util.sizeFromShape(shape)])
      const inputs = { condition: flat(condition), t: flat(t), e: flat(e) }
      return run.reshape(run.apply(stock as KernelFunc, inputs), shape)
    })
  },
}

export const webgpuManyAxes: readonly Replacement[] = [...byAxis, select]
