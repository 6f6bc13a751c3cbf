/**
 * A reader of Python's pickles, as `torch.save` writes a dictionary of tensors, that executes nothing: a pickle is a
 * program for a machine with a stack, and of its instructions only those that build plain data are known here. It may
 * name only the few functions and classes that tensors are made of, which here are words; every other one is refused.
 */
import { check, WinnowError } from '@winnow/core'

/** A tensor as the pickle describes it: a view of a storage that lies elsewhere. */
export interface TensorView {
  readonly kind: 'tensor'
  readonly storage: Storage
  /** In values, as the strides are. */
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** Where a tensor's values lie: a file of the archive by its key. */
export interface Storage {
  readonly kind: 'storage'
  /** `FloatStorage`, `HalfStorage` and so on. */
  readonly type: string
  readonly key: string
  /** How many values. */
  readonly length: number
}

/** What a pickle may hold: dictionaries are Maps, lists and tuples arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | readonly PickleValue[]
  | ReadonlyMap<PickleValue, PickleValue>
  | TensorView
  | Storage
  | Name

/** A function or class by name. */
interface Name {
  readonly kind: 'name'
  readonly name: string
}

const orderedDict = 'collections.OrderedDict'
const rebuildTensor = 'torch._utils._rebuild_tensor_v2'
const rebuildParameter = 'torch._utils._rebuild_parameter'
const storageName = /^torch\.(Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage$/

/** Marks a place of the stack. */
const MARK = Symbol('mark')

/**
 * The value that a pickle describes.
 * @param file what errors call it
 * @throws WinnowError when it names anything else than what tensors are made of, is cut off or is no pickle
 */
export function parsePickle(bytes: Uint8Array, file: string): PickleValue {
  return new Machine(bytes, file).run()
}

type Item = PickleValue | typeof MARK

class Machine {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #file: string
  readonly #stack: Item[] = []
  readonly #memo = new Map<number, PickleValue>()
  #at = 0

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#file = file
  }

  run(): PickleValue {
    for (;;) {
      const at = this.#at
      const code = this.#view.getUint8(this.#take(1))
      if (code === 0x2e) return this.#pop()
      if (!this.#structure(code) && !this.#value(code)) {
        throw this.#error(`instruction 0x${code.toString(16)} at byte ${at} is not known`)
      }
    }
  }

  /** Instructions that work on what is on the stack. */
  #structure(code: number): boolean {
    const stack = this.#stack
    switch (code) {
      case 0x28: // (
        stack.push(MARK)
        return true
      case 0x29: // )
      case 0x5d: // ]
        stack.push([])
        return true
      case 0x7d: // }
        stack.push(new Map())
        return true
      case 0x74: // t
        stack.push(this.#sinceMark())
        return true
      case 0x85: // tuples of one, two, three
      case 0x86:
      case 0x87:
        stack.push(this.#last(code - 0x84))
        return true
      case 0x61: // a
        this.#list([this.#pop()])
        return true
      case 0x65: // e
        this.#list(this.#sinceMark())
        return true
      case 0x73: // s
        this.#dictionary(this.#last(2))
        return true
      case 0x75: // u
        this.#dictionary(this.#sinceMark())
        return true
      case 0x52: // R
        stack.push(this.#rebuilt(...(this.#last(2) as [PickleValue, PickleValue])))
        return true
      case 0x51: // Q
        stack.push(this.#storage(this.#pop()))
        return true
      case 0x62: // b: attributes, which a dictionary of tensors has for PyTorch's own use
        check(this.#last(2)[0] instanceof Map, () => this.#text('sets attributes of no dictionary'))
        stack.push(new Map(this.#beforeBuild))
        return true
      default:
        return false
    }
  }
}
