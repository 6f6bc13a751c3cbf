/** Loops in double precision over windows: convolutions and pools of any number of spatial axes, channels last. */
import type { Sample } from './sample.ts'
import { at, fill, indicesOf } from './truth.ts'

/** How windows lie on the input. */
export interface Windows {
  readonly stride: number
  readonly pad: 'same' | 'valid' | number
  readonly dilation?: number
}

interface Axis {
  readonly out: number
  readonly before: number
}

function axisOf(extent: number, size: number, { stride, pad, dilation = 1 }: Windows): Axis {
  const reach = (size - 1) * dilation + 1
  if (pad === 'same') {
    const out = Math.ceil(extent / stride)
    return { out, before: Math.floor(Math.max((out - 1) * stride + reach - extent, 0) / 2) }
  }
  const before = pad === 'valid' ? 0 : pad
  return { out: Math.floor((extent + 2 * before - reach) / stride) + 1, before }
}

/** Calls `visit` for each place of a window that lies on the input. */
function visitWindow(
  x: Sample,
  sizes: readonly number[],
  axes: readonly Axis[],
  windows: Windows,
  corner: readonly number[],
  visit: (place: number[], tap: number[]) => void,
): void {
  for (const tap of indicesOf(sizes)) {
    const place = tap.map(
      (offset, axis) =>
        (corner[axis] as number) * windows.stride -
        (axes[axis] as Axis).before +
        offset * (windows.dilation ?? 1),
    )
    const inside = place.every((p, axis) => p >= 0 && p < (x.shape[axis + 1] as number))
    if (inside) visit(place, tap)
  }
}

/** x [batch, ...space, in] with filter [...window, in, out]. */
export function convolved(x: Sample, filter: Sample, windows: Windows): Float64Array {
  const sizes = filter.shape.slice(0, -2)
  const [channels, filters] = filter.shape.slice(-2) as [number, number]
  const axes = sizes.map((size, axis) => axisOf(x.shape[axis + 1] as number, size, windows))
  const shape = [x.shape[0] as number, ...axes.map(({ out }) => out), filters]
  return fill(shape, (index) => {
    let sum = 0
    visitWindow(x, sizes, axes, windows, index.slice(1, -1), (place, tap) => {
      for (let c = 0; c < channels; c++) {
        const weight = at(filter, [...tap, c, index.at(-1) as number])
        sum += at(x, [index[0] as number, ...place, c]) * weight
      }
    })
    return sum
  })
}

/** x [batch, ...space, in] with filter [...window, in, multiplier]: each channel by itself. */
export function convolvedByChannel(x: Sample, filter: Sample, windows: Windows): Float64Array {
  const sizes = filter.shape.slice(0, -2)
  const [channels, multiplier] = filter.shape.slice(-2) as [number, number]
  const axes = sizes.map((size, axis) => axisOf(x.shape[axis + 1] as number, size, windows))
  const shape = [x.shape[0] as number, ...axes.map(({ out }) => out), channels * multiplier]
  return fill(shape, (index) => {
    const last = index.at(-1) as number
    const c = Math.floor(last / multiplier)
    let sum = 0
    visitWindow(x, sizes, axes, windows, index.slice(1, -1), (place, tap) => {
      sum += at(x, [index[0] as number, ...place, c]) * at(filter, [...tap, c, last % multiplier])
    })
    return sum
  })
}

/** x [batch, ...space, channels]: `fn` of the values in each window, padding left out. */
export function pooled(
  x: Sample,
  size: number,
  windows: Windows,
  fn: (values: number[]) => number,
): Float64Array {
  const sizes = x.shape.slice(1, -1).map(() => size)
  const axes = sizes.map((extent, axis) => axisOf(x.shape[axis + 1] as number, extent, windows))
  const shape = [x.shape[0] as number, ...axes.map(({ out }) => out), x.shape.at(-1) as number]
  return fill(shape, (index) => {
    const values: number[] = []
    visitWindow(x, sizes, axes, windows, index.slice(1, -1), (place) => {
      values.push(at(x, [index[0] as number, ...place, index.at(-1) as number]))
    })
    return fn(values)
  })
}
