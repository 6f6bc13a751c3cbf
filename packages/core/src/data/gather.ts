/**
 * Gathering items into a batch: one copy an item, with bytes turned into normalised float32 on the way.
 */
import type { HostArray, HostBatch, HostData } from './host-array.ts'
import type { Normalisation } from './normalisation.ts'

/** Where the items of a batch come from: the values of item `index` are `data[index * itemSize ...]`. */
export interface ItemSource {
  readonly data: HostData
  readonly itemShape: readonly number[]
  readonly itemSize: number
}

/** One array of `[indices.length, ...item]`; bytes become float32, and `normalisation` is applied in the copy. */
export function gatherItems(
  source: ItemSource,
  indices: Int32Array,
  normalisation?: Normalisation,
): HostArray<Float32Array | Int32Array> {
  const { data, itemShape, itemSize } = source
  const length = indices.length * itemSize
  const shape = [indices.length, ...itemShape]
  if (data instanceof Uint8Array) {
    const out = new Float32Array(length)
    const table = normalisation === undefined ? plainBytes : normalisation.byteTable
    gatherBytes(data, itemSize, indices, table, out)
    return { data: out, shape }
  }
  const out = data instanceof Int32Array ? new Int32Array(length) : new Float32Array(length)
  for (let i = 0; i < indices.length; i++) {
    const start = (indices[i] as number) * itemSize
    out.set(data.subarray(start, start + itemSize), i * itemSize)
  }
  if (normalisation !== undefined) normalisation.applyInPlace(out as Float32Array)
  return { data: out, shape }
}

const plainBytes = /* @__PURE__ */ Float32Array.from({ length: 256 }, (_, byte) => byte)

/** A look-up for each byte, quicker than a converting copy and arithmetic after it. */
function gatherBytes(
  data: Uint8Array,
  itemSize: number,
  indices: Int32Array,
  table: Float32Array,
  out: Float32Array,
): void {
  let to = 0
  for (let i = 0; i < indices.length; i++) {
    const start = (indices[i] as number) * itemSize
    const end = start + itemSize
    if (table.length === 256) {
      for (let from = start; from < end; from++) out[to++] = table[data[from] as number] as number
    } else {
      let channel = 0
      for (let from = start; from < end; from++) {
        out[to++] = table[channel + (data[from] as number)] as number
        channel += 256
        if (channel === table.length) channel = 0
      }
    }
  }
}

/** The batch with `weight`: 1 for the first `count` items and 0 for the padding after them. */
export function withWeight(batch: HostBatch, count: number): HostBatch {
  const size = batch.inputs.shape[0] as number
  const weight = new Float32Array(size).fill(1, 0, count)
  return { ...batch, weight: { data: weight, shape: [size] } }
}
