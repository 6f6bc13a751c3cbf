/**
 * A writer of files as `torch.save` writes them, for tests: byte by byte, so that a reader meets what PyTorch 2 makes of a
 * state dictionary. A real file of PyTorch's is read in torch-file.test.ts too.
 */
import { deflateRawSync } from 'node:zlib'
import { checksumOf } from '../zip.ts'

/** A tensor to write: a view of a storage. */
export interface TorchFixture {
  readonly storage: Uint8Array
  /** `Float`, `Half` and so on. */
  readonly type: string
  /** Values of the storage. */
  readonly length: number
  readonly shape: readonly number[]
  readonly strides?: readonly number[]
  readonly offset?: number
}

/** Row-major strides. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
}

/** A float32 tensor. */
export function floats(values: ArrayLike<number>, shape: readonly number[]): TorchFixture {
  const data = Float32Array.from(values)
  return { storage: new Uint8Array(data.buffer), type: 'Float', length: data.length, shape }
}

/** An int32 scalar, as a buffer holds `k`. */
export function whole(value: number): TorchFixture {
  const storage = new Uint8Array(Int32Array.of(value).buffer)
  return { storage, type: 'Int', length: 1, shape: [] }
}

/** A little-endian number of 1, 2 or 4 bytes. */
function number(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256)
}

const text = (letters: string): number[] => [...new TextEncoder().encode(letters)]
const unicode = (letters: string): number[] => {
  const bytes = text(letters)
  return [0x58, ...number(bytes.length, 4), ...bytes]
}
const count = (value: number): number[] => {
  if (value < 256) return [0x4b, value]
  return value < 65_536 ? [0x4d, ...number(value, 2)] : [0x4a, ...number(value, 4)]
}
const tuple = (values: readonly number[]): number[] => [0x28, ...values.flatMap(count), 0x74]
/** `import module.name`, as an instruction. */
export const global = (module: string, name: string): number[] => [
  0x63,
  ...text(`${module}\n${name}\n`),
]
const emptyOrdered = [...global('collections', 'OrderedDict'), 0x29, 0x52]

/** The pickle of a dictionary of tensors, with the attributes that a state dictionary has. */
export function pickleOf(tensors: Readonly<Record<string, TorchFixture>>): Uint8Array {
  const items = Object.entries(tensors).flatMap(([name, fixture], key) => {
    const { type, length, shape, strides = stridesOf(shape), offset = 0 } = fixture
    return [
      ...unicode(name),
      0x71,
      2 + (key % 250),
      ...global('torch._utils', '_rebuild_tensor_v2'),
      0x28,
      0x28,
      ...unicode('storage'),
      ...global('torch', `${type}Storage`),
      ...unicode(String(key)),
      ...unicode('cpu'),
      ...count(length),
      0x74,
      0x51,
      ...count(offset),
      ...tuple(shape),
      ...tuple(strides),
      0x89,
      ...emptyOrdered,
      0x74,
      0x52,
    ]
  })
  const attributes = [0x7d, ...unicode('_metadata'), ...emptyOrdered, 0x73, 0x62]
  return Uint8Array.from([
    0x80,
    2,
    ...emptyOrdered,
    0x71,
    1,
    0x28,
    ...items,
    0x75,
    ...attributes,
    0x2e,
  ])
}

/** What {@link torchFile} writes otherwise. */
export interface TorchFileOptions {
  /** Whether entries are deflated, which PyTorch does not, but whoever packs anew does. */
  readonly deflated?: boolean
  readonly byteOrder?: string
  /** In place of the right one. */
  readonly pickle?: Uint8Array
}

/** The bytes of `ae.pt`. */
export function torchFile(
  tensors: Readonly<Record<string, TorchFixture>>,
  options: TorchFileOptions = {},
): Uint8Array {
  const { deflated = false, byteOrder = 'little', pickle = pickleOf(tensors) } = options
  const storages = Object.values(tensors).map(
    ({ storage }, key) => [`ae/data/${key}`, storage] as const,
  )
  return zipOf(
    [
      ['ae/data.pkl', pickle],
      ['ae/byteorder', Uint8Array.from(text(byteOrder))],
      ...storages,
      ['ae/version', Uint8Array.from(text('3\n'))],
    ],
    deflated,
  )
}

/** A zip file. As in PyTorch's, an entry's own header has an extra field that the directory has not. */
function zipOf(
  files: readonly (readonly [name: string, bytes: Uint8Array])[],
  deflated: boolean,
): Uint8Array {
  const parts: number[] = []
  const directory: number[] = []
  for (const [name, bytes] of files) {
    const packed = deflated ? deflateRawSync(bytes) : bytes
    const letters = text(name)
    const padding = text('FB').concat(number(4, 2), [0x5a, 0x5a, 0x5a, 0x5a])
    const common = [
      ...number(deflated ? 8 : 0, 2),
      ...number(0, 4),
      ...number(checksumOf(bytes), 4),
      ...number(packed.length, 4),
      ...number(bytes.length, 4),
      ...number(letters.length, 2),
    ]
    const offset = parts.length
    const head = [...number(0x04034b50, 4), ...number(20, 2), ...number(0, 2), ...common]
    parts.push(...head, ...number(padding.length, 2), ...letters, ...padding, ...packed)
    directory.push(
      ...number(0x02014b50, 4),
      ...[...number(20, 2), ...number(20, 2), ...number(0, 2), ...common],
      ...number(0, 12),
      ...number(offset, 4),
      ...letters,
    )
  }
  const total = number(files.length, 2)
  const end = [...number(0x06054b50, 4), ...number(0, 4), ...total, ...total]
  const place = [...number(directory.length, 4), ...number(parts.length, 4), ...number(0, 2)]
  return Uint8Array.from([...parts, ...directory, ...end, ...place])
}
