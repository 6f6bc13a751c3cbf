/**
 * How each element type of safetensors lies in a file: little-endian, whatever the machine is.
 */
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float16.ts'
import type { CheckpointData } from './safetensors.ts'

/** The element types that can be read and written. */
export type SafetensorsType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'U32'
  | 'I16'
  | 'U16'
  | 'I8'
  | 'U8'
  | 'BOOL'

/** How one element type is stored. */
export interface StorageType {
  /** Bytes a value. */
  readonly bytes: number
  /** The values in `bytes`, which it may keep and change. */
  read(bytes: Uint8Array<ArrayBuffer>): CheckpointData
  /** The bytes of `data`, or undefined when it is of the wrong kind. */
  write(data: CheckpointData): Uint8Array | undefined
}

interface ArrayKind<D extends CheckpointData> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, byteOffset: number, length: number): D
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Every element type by its name in a file. */
export const storageTypes: Readonly<Record<SafetensorsType, StorageType>> =
  /* @__PURE__ */ (() => ({
    F64: plain(Float64Array),
    F32: plain(Float32Array),
    F16: half(fromFloat16Bits, toFloat16Bits),
    BF16: half(fromBfloat16Bits, toBfloat16Bits),
    I64: plain(BigInt64Array),
    I32: plain(Int32Array),
    U32: plain(Uint32Array),
    I16: plain(Int16Array),
    U16: plain(Uint16Array),
    I8: plain(Int8Array),
    U8: plain(Uint8Array),
    BOOL: plain(Uint8Array),
  }))()

/** Whether `name` is a known element type. */
export function isSafetensorsType(name: string): name is SafetensorsType {
  return Object.hasOwn(storageTypes, name)
}

function plain<D extends CheckpointData>(kind: ArrayKind<D>): StorageType {
  const bytes = kind.BYTES_PER_ELEMENT
  return {
    bytes,
    read: (source) => {
      toMachineOrder(source, bytes)
      return new kind(source.buffer, source.byteOffset, source.length / bytes)
    },
    write: (data) => {
      if (!(data instanceof kind)) return undefined
      const out = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
      toMachineOrder(out, bytes)
      return out
    },
  }
}

function half(fromBits: (bits: number) => number, toBits: (value: number) => number): StorageType {
  return {
    bytes: 2,
    read: (source) => {
      const view = new DataView(source.buffer, source.byteOffset, source.length)
      const out = new Float32Array(source.length / 2)
      for (let i = 0; i < out.length; i++) out[i] = fromBits(view.getUint16(2 * i, true))
      return out
    },
    write: (data) => {
      if (!(data instanceof Float32Array)) return undefined
      const out = new Uint8Array(2 * data.length)
      const view = new DataView(out.buffer)
      for (let i = 0; i < data.length; i++) view.setUint16(2 * i, toBits(data[i] as number), true)
      return out
    },
  }
}

/** Turns each value of `size` bytes round in place on a big-endian machine. */
function toMachineOrder(bytes: Uint8Array, size: number): void {
  if (littleEndian || size === 1) return
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse()
}
