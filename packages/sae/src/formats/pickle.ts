/**
 * A reader of Python's pickles, as `torch.save` writes a dictionary of tensors, that executes nothing.
 *
 * A pickle is a program for a machine with a stack. Of its instructions only those that build plain data are known here,
 * and of functions and classes only the few that tensors are made of; every other one is refused by name.
 */
import { check, WinnowError } from '@winnow/core'
import { called, nameOf, type PickleValue, storageOf } from './pickle-value.ts'

/** Marks a place of the stack. */
const MARK: unique symbol = Symbol('mark')

/**
 * The value that a pickle describes.
 * @param file what errors call it
 * @throws WinnowError when it names anything else than what tensors are made of, is cut off or is no pickle
 */
export function parsePickle(bytes: Uint8Array, file: string): PickleValue {
  const machine = new Machine(bytes, file)
  for (;;) {
    const at = machine.position
    const code = machine.byte()
    if (code === STOP) return machine.pop()
    const instruction = instructions[code]
    if (instruction === undefined) {
      throw new WinnowError(
        `${file}: not a pickle of tensors: its instruction 0x${code.toString(16)} at byte ${at} is not known`,
      )
    }
    instruction(machine)
  }
}

class Machine {
  readonly file: string
  readonly memo: Map<number, PickleValue> = new Map()
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #stack: (PickleValue | typeof MARK)[] = []
  #at = 0

  constructor(bytes: Uint8Array, file: string) {
    this.file = file
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get position(): number {
    return this.#at
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1))
  }

  /** A whole number of 2 or 4 bytes. */
  count(bytes: 2 | 4): number {
    const at = this.#take(bytes)
    return bytes === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true)
  }

  signed(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  /** Big-endian, unlike all else. */
  double(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** A whole number of up to 8 bytes, signed. */
  long(length: number): number {
    const at = this.#take(length)
    let value = 0n
    for (let i = 0; i < length; i++) {
      value |= BigInt(this.#view.getUint8(at + i)) << BigInt(8 * i)
    }
    const number = Number(BigInt.asIntN(8 * length, value))
    this.expect(length <= 8 && Number.isSafeInteger(number), 'holds a number that is too large')
    return number
  }

  text(length: number): string {
    const at = this.#take(length)
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length))
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    this.expect(end >= 0, 'is cut off')
    const found = this.text(end - this.#at)
    this.#take(1)
    return found
  }

  push(value: PickleValue | typeof MARK): void {
    this.#stack.push(value)
  }

  pop(): PickleValue {
    const value = this.#stack.pop()
    this.expect(value !== undefined && value !== MARK, 'takes a value that is not there')
    return value as PickleValue
  }

  /** What is on top, left there. */
  top(): PickleValue {
    const value = this.pop()
    this.#stack.push(value)
    return value
  }

  /** The last `count` values, in the order in which they came. */
  last(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse()
  }

  /** All values since the last mark. */
  marked(): PickleValue[] {
    const place = this.#stack.lastIndexOf(MARK)
    this.expect(place >= 0, 'takes values since a mark that is not there')
    return this.#stack.splice(place).slice(1) as PickleValue[]
  }

  extend(values: readonly PickleValue[]): void {
    const list = this.top()
    this.expect(Array.isArray(list), 'adds to what is no list')
    for (const value of values) (list as PickleValue[]).push(value)
  }

  /** Sets keys and values by turns. */
  fill(values: readonly PickleValue[]): void {
    const map = this.top()
    this.expect(
      map instanceof Map && values.length % 2 === 0,
      'sets items of what is no dictionary',
    )
    for (let i = 0; i < values.length; i += 2) {
      ;(map as Map<PickleValue, PickleValue>).set(
        values[i] as PickleValue,
        values[i + 1] as PickleValue,
      )
    }
  }

  recall(index: number): void {
    const value = this.memo.get(index)
    this.expect(value !== undefined, 'recalls a value that is not there')
    this.push(value as PickleValue)
  }

  expect(condition: boolean, what: string): void {
    check(condition, () => `${this.file}: not a pickle of tensors: it ${what} (byte ${this.#at})`)
  }

  #take(length: number): number {
    const at = this.#at
    this.expect(at + length <= this.#bytes.length, 'is cut off')
    this.#at += length
    return at
  }
}

const STOP = 0x2e

/** Every instruction that is known, by its code. */
const instructions: Readonly<Record<number, (machine: Machine) => void>> = {
  128: (m) => m.expect(m.byte() <= 5, 'is of a protocol that is not known'),
  // A frame's length is of no use where all bytes are there.
  149: (m) => void m.long(8),
  40: (m) => m.push(MARK),
  41: (m) => m.push([]),
  93: (m) => m.push([]),
  125: (m) => m.push(new Map()),
  116: (m) => m.push(m.marked()),
  133: (m) => m.push(m.last(1)),
  134: (m) => m.push(m.last(2)),
  135: (m) => m.push(m.last(3)),
  97: (m) => m.extend(m.last(1)),
  101: (m) => m.extend(m.marked()),
  115: (m) => m.fill(m.last(2)),
  117: (m) => m.fill(m.marked()),
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  75: (m) => m.push(m.byte()),
  77: (m) => m.push(m.count(2)),
  74: (m) => m.push(m.signed()),
  71: (m) => m.push(m.double()),
  138: (m) => m.push(m.long(m.byte())),
  88: (m) => m.push(m.text(m.count(4))),
  140: (m) => m.push(m.text(m.byte())),
  113: (m) => void m.memo.set(m.byte(), m.top()),
  114: (m) => void m.memo.set(m.count(4), m.top()),
  148: (m) => void m.memo.set(m.memo.size, m.top()),
  104: (m) => m.recall(m.byte()),
  106: (m) => m.recall(m.count(4)),
  99: (m) => m.push(nameOf(m.line(), m.line(), m.file)),
  147: (m) => {
    const [module, name] = m.last(2)
    m.push(nameOf(String(module), String(name), m.file))
  },
  82: (m) => {
    const [target, given] = m.last(2)
    m.push(called(target, given, m.file))
  },
  81: (m) => m.push(storageOf(m.pop(), m.file)),
  // Attributes: those that PyTorch gives a dictionary of tensors are for its own use.
  98: (m) => {
    m.pop()
    m.expect(m.top() instanceof Map, 'sets attributes of what is no dictionary')
  },
}
