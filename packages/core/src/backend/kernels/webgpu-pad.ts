/**
 * `PadV2` on webgpu beyond four axes: the stock shader compares vectors of coordinates, which WGSL has up to four. Axes
 * without padding are joined with their neighbours, and what then still has more than four is padded axis by axis.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

type Padding = readonly [before: number, after: number]

interface PadAttrs {
  readonly paddings: readonly Padding[]
  readonly constantValue: number
}

/** Neighbours without padding as one axis. */
function joined(shape: readonly number[], paddings: readonly Padding[]) {
  const sizes: number[] = []
  const around: Padding[] = []
  let free = false
  for (const [axis, extent] of shape.entries()) {
    const padding = paddings[axis] as Padding
    const plain = padding[0] === 0 && padding[1] === 0
    if (plain && free) sizes[sizes.length - 1]! *= extent
    else {
      sizes.push(extent)
      around.push(padding)
    }
    free = plain
  }
  return { sizes, around }
}

export const webgpuPad: Replacement = {
  kernelName: 'PadV2',
  backendName: 'webgpu',
  reason: 'the shader is invalid beyond four axes',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    const { paddings, constantValue } = args.attrs as unknown as PadAttrs
    if (x.shape.length <= 4) return (stock as KernelFunc)(args)
    return composite('webgpu', args.backend, (run) => {
      let shape = [...x.shape]
      let y = x
      const padBy = (some: readonly Padding[]): void => {
        const { sizes, around } = joined(shape, some)
        const flat = run.reshape(y, sizes)
        y = run.apply(stock as KernelFunc, { x: flat }, { paddings: around, constantValue })
        shape = shape.map((extent, axis) => {
          const [before, after] = some[axis] as Padding
          return before + extent + after
        })
      }
      if (joined(shape, paddings).sizes.length <= 4) padBy(paddings)
      else {
        for (const [axis, padding] of paddings.entries()) {
          if (padding[0] + padding[1] === 0) continue
          padBy(paddings.map((_, other) => (other === axis ? padding : [0, 0])))
        }
      }
      return run.reshape(y, shape)
    })
  },
}
