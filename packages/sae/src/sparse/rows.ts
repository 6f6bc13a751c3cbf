/**
 * Products of sparse codes with matrices, on the host: only the rows of the latents that are on are touched.
 *
 * A code is `values` and `indices`, both `[batch, kept]`; entries of value 0 cost nothing.
 */
import { rowKernel, strideOf } from './row-kernel.ts'

/** A sparse code on the host. */
export interface HostCode {
  /** `[batch, kept]` */
  readonly values: Float32Array
  /** `[batch, kept]`: which latent each value is of. */
  readonly indices: Int32Array
  /** Entries of each row. */
  readonly kept: number
}

/** How many latents are summed before they are written: a cache line of a column. */
const TILE = 16

/** The sum of the decoder's rows, weighted by the values: `[batch, width]`. */
export function decodeRows(code: HostCode, decoder: Float32Array, width: number): Float32Array {
  const { values, indices, kept } = code
  const kernel = rowKernel()
  const stride = strideOf(width)
  const memory = kernel.reserve(2 * stride).fill(0, 0, 2 * stride)
  const sum = memory.subarray(0, width)
  const out = new Float32Array((values.length / kept) * width)
  for (let start = 0, place = 0; start < values.length; start += kept, place += width) {
    sum.fill(0)
    for (let i = start; i < start + kept; i++) {
      const value = values[i] as number
      if (value === 0) continue
      const row = (indices[i] as number) * width
      memory.set(decoder.subarray(row, row + width), stride)
      kernel.addScaled(stride, 0, stride, value)
    }
    out.set(sum, place)
  }
  return out
}

/** For each entry that is not 0, the inner product of its example's row `[batch, width]` with the decoder's row; else 0. */
export function dotRows(
  code: HostCode,
  rows: Float32Array,
  decoder: Float32Array,
  width: number,
): Float32Array {
  const { values, indices, kept } = code
  const kernel = rowKernel()
  const stride = strideOf(width)
  const memory = kernel.reserve(2 * stride).fill(0, 0, 2 * stride)
  const out = new Float32Array(values.length)
  for (let start = 0, place = 0; start < values.length; start += kept, place += width) {
    memory.set(rows.subarray(place, place + width))
    for (let i = start; i < start + kept; i++) {
      if (values[i] === 0) continue
      const row = (indices[i] as number) * width
      memory.set(decoder.subarray(row, row + width), stride)
      out[i] = kernel.dot(stride, 0, stride)
    }
  }
  return out
}

/** What {@link sumRows} makes. */
export interface SumRowsOptions {
  readonly latents: number
  readonly width: number
  /** `[width, latents]` in place of `[latents, width]`. */
  readonly transposed?: boolean
}

/** For each latent, the sum of the rows `[batch, width]` of the examples that it is on for, weighted by its values. */
export function sumRows(
  code: HostCode,
  rows: Float32Array,
  { latents, width, transposed = false }: SumRowsOptions,
): Float32Array {
  const { values, kept } = code
  const { starts, order } = byLatent(code, latents)
  const kernel = rowKernel()
  const stride = strideOf(width)
  const batch = values.length / kept
  const first = TILE * stride
  const memory = kernel.reserve(first + batch * stride).fill(0, 0, first + batch * stride)
  for (let example = 0; example < batch; example++) {
    const row = rows.subarray(example * width, (example + 1) * width)
    memory.set(row, first + example * stride)
  }
  const out = new Float32Array(latents * width)
  for (let latent = 0; latent < latents; latent += TILE) {
    const count = Math.min(TILE, latents - latent)
    if (starts[latent] === starts[latent + count]) continue
    memory.fill(0, 0, first)
    for (let i = starts[latent] as number, own = 0; own < count; own++) {
      for (const end = starts[latent + own + 1] as number; i < end; i++) {
        const entry = order[i] as number
        const row = first + Math.floor(entry / kept) * stride
        kernel.addScaled(stride, own * stride, row, values[entry] as number)
      }
    }
    if (transposed) writeColumns(memory, stride, out, { latent, count, latents, width })
    else {
      for (let own = 0; own < count; own++) {
        if (starts[latent + own] === starts[latent + own + 1]) continue
        const row = memory.subarray(own * stride, own * stride + width)
        out.set(row, (latent + own) * width)
      }
    }
  }
  return out
}

/** For each latent, the sum of its values: `[latents]`. */
export function sumValues({ values, indices }: HostCode, latents: number): Float32Array {
  const sums = new Float32Array(latents)
  for (let i = 0; i < values.length; i++) {
    const latent = indices[i] as number
    sums[latent] = (sums[latent] as number) + (values[i] as number)
  }
  return sums
}

/** 1 for each latent that has a value above `threshold` somewhere, else 0: `[latents]`. */
export function firedLatents(
  { values, indices }: HostCode,
  latents: number,
  threshold: number,
): Float32Array {
  const fired = new Float32Array(latents)
  for (let i = 0; i < values.length; i++) {
    if ((values[i] as number) > threshold) fired[indices[i] as number] = 1
  }
  return fired
}

interface Tile {
  readonly latent: number
  readonly count: number
  readonly latents: number
  readonly width: number
}

/** Writes summed rows as columns, a cache line of each at a time. */
function writeColumns(
  memory: Float32Array,
  stride: number,
  out: Float32Array,
  { latent, count, latents, width }: Tile,
): void {
  for (let column = 0; column < width; column++) {
    const place = column * latents + latent
    for (let own = 0; own < count; own++) out[place + own] = memory[own * stride + column] as number
  }
}

/** The entries that are not 0, sorted by latent: those of latent `i` are `order[starts[i]]` to before `starts[i + 1]`. */
function byLatent(
  { values, indices }: HostCode,
  latents: number,
): { readonly starts: Int32Array; readonly order: Int32Array } {
  const starts = new Int32Array(latents + 1)
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue
    const next = (indices[i] as number) + 1
    starts[next] = (starts[next] as number) + 1
  }
  for (let latent = 0; latent < latents; latent++) {
    starts[latent + 1] = (starts[latent + 1] as number) + (starts[latent] as number)
  }
  const next = starts.slice(0, latents)
  const order = new Int32Array(starts[latents] as number)
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue
    const latent = indices[i] as number
    const place = next[latent] as number
    order[place] = i
    next[latent] = place + 1
  }
  return { starts, order }
}
