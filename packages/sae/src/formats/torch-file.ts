/**
 * Files of `torch.save` (PyTorch 1.6 and later): a zip file with a pickle that describes tensors, and their storages.
 */
import { check, fromBfloat16Bits, fromFloat16Bits } from '@winnow/core'
import { parsePickle } from './pickle.ts'
import { isKind, type TensorView } from './pickle-value.ts'
import type { WeightTensor } from './weights.ts'
import { isZip, openZip, type ZipFile } from './zip.ts'

/** How a type of storage lies in its file, and the value at a place. */
interface StorageType {
  readonly bytes: number
  /** Whether its values are whole or of double precision, so that float32 would not do. */
  readonly wide: boolean
  readonly read: (view: DataView, at: number) => number
}

const storageTypes: Readonly<Record<string, StorageType>> = {
  Float: { bytes: 4, wide: false, read: (view, at) => view.getFloat32(at, true) },
  Half: { bytes: 2, wide: false, read: (view, at) => fromFloat16Bits(view.getUint16(at, true)) },
  BFloat16: {
    bytes: 2,
    wide: false,
    read: (view, at) => fromBfloat16Bits(view.getUint16(at, true)),
  },
  Double: { bytes: 8, wide: true, read: (view, at) => view.getFloat64(at, true) },
  Long: { bytes: 8, wide: true, read: (view, at) => Number(view.getBigInt64(at, true)) },
  Int: { bytes: 4, wide: true, read: (view, at) => view.getInt32(at, true) },
  Short: { bytes: 2, wide: true, read: (view, at) => view.getInt16(at, true) },
  Char: { bytes: 1, wide: true, read: (view, at) => view.getInt8(at) },
  Byte: { bytes: 1, wide: true, read: (view, at) => view.getUint8(at) },
  Bool: { bytes: 1, wide: true, read: (view, at) => view.getUint8(at) },
}

/**
 * The tensors of a dictionary that `torch.save` wrote, by name; nothing in the file is executed.
 * @param file what errors call it
 * @throws WinnowError when it holds anything but tensors by name, is broken, or is of before PyTorch 1.6
 */
export async function readTorchFile(
  bytes: Uint8Array,
  file: string,
): Promise<Map<string, WeightTensor>> {
  check(
    isZip(bytes),
    () =>
      `${file}: not a file of torch.save, cut off, or from before PyTorch 1.6; save it anew there`,
  )
  const zip = openZip(bytes, file)
  const pickles = [...zip.entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name))
  const [pickle] = pickles
  check(
    pickle !== undefined && pickles.length === 1,
    () =>
      `${file}: not a file of torch.save: ${pickles.length} files data.pkl inside, expected one`,
  )
  const folder = pickle.slice(0, pickle.indexOf('/'))
  const order = `${folder}/byteorder`
  if (zip.entries.has(order)) {
    const text = new TextDecoder().decode(await zip.read(order)).trim()
    check(text === 'little', () => `${file}: its byte order is '${text}', expected 'little'`)
  }
  const value = parsePickle(await zip.read(pickle), `${file}: ${pickle}`)
  check(value instanceof Map, () => `${file}: holds no dictionary of tensors`)
  const tensors = new Map<string, WeightTensor>()
  for (const [name, view] of value) {
    check(
      typeof name === 'string' && isKind(view, 'tensor'),
      () => `${file}: '${String(name)}' is no tensor, expected a dictionary of tensors alone`,
    )
    tensors.set(name, {
      shape: view.shape,
      values: () => readTensor(zip, folder, view, `${file}: '${name}'`),
    })
  }
  return tensors
}

/** @throws WinnowError when the view reaches beyond its storage, or repeats values of it */
async function readTensor(
  zip: ZipFile,
  folder: string,
  tensor: TensorView,
  what: string,
): Promise<Float32Array | Float64Array> {
  const { storage, offset, shape, strides } = tensor
  const { bytes, wide, read } = storageTypes[storage.type] as StorageType
  const count = shape.reduce((product, size) => product * size, 1)
  const last = shape.reduce(
    (place, size, axis) => place + (size - 1) * (strides[axis] as number),
    offset,
  )
  check(
    count <= storage.length && (count === 0 || last < storage.length),
    () =>
      `${what}: shape [${shape}] with strides [${strides}] from ${offset} on does not fit its storage of ${storage.length} values`,
  )
  const content = await zip.read(`${folder}/data/${storage.key}`)
  check(
    content.length === storage.length * bytes,
    () => `${what}: its storage has ${content.length} bytes, expected ${storage.length * bytes}`,
  )
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const out = wide ? new Float64Array(count) : new Float32Array(count)
  if (count === 0) return out
  // Row by row along the last axis; the axes before it count as the figures of a number do.
  const step = strides.at(-1) ?? 1
  const length = shape.at(-1) ?? 1
  const index = shape.map(() => 0)
  let place = offset
  for (let i = 0; i < count; ) {
    for (let j = 0, at = place * bytes; j < length; j++, at += step * bytes)
      out[i++] = read(view, at)
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      const stride = strides[axis] as number
      place += stride
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (shape[axis] as number)) break
      place -= stride * (shape[axis] as number)
      index[axis] = 0
    }
  }
  return out
}
