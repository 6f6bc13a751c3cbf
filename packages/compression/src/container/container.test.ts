import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { Module, Parameter, State, WinnowError } from '@winnow/core'
import { expect, it } from 'vitest'
import { crc32 } from './checksum.ts'
import { type Container, checkModel, readContainer, writeContainer } from './container.ts'
import { fingerprint } from './fingerprint.ts'

const model = { name: 'HyperpriorCodec', fingerprint: '0123456789abcdef' }
const container: Container = {
  kind: 'image',
  model,
  fields: [0, 127, 128, 2 ** 32 - 1],
  parts: [Uint8Array.of(1, 2, 3), new Uint8Array(), new Uint8Array(300).fill(7)],
}

it('knows the checksum of CRC-32 that everybody quotes', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
})

it('reads what was written', () => {
  expect(readContainer(writeContainer(container))).toEqual(container)
  const empty: Container = { kind: 'sound', model, fields: [], parts: [] }
  expect(readContainer(writeContainer(empty))).toEqual(empty)
})

it('refuses every truncation and every flipped bit', () => {
  const bytes = writeContainer(container)
  for (let length = 0; length < bytes.length; length++) {
    expect(() => readContainer(bytes.slice(0, length)), `${length}`).toThrow(WinnowError)
  }
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const at = bit >> 3
    const flipped = bytes.with(at, (bytes[at] as number) ^ (1 << (bit & 7)))
    expect(() => readContainer(flipped), `bit ${bit}`).toThrow(WinnowError)
  }
  expect(() => readContainer(Uint8Array.of(...bytes, 0))).toThrow('damaged or truncated')
})

it('says what is wrong: not such a file, a newer one, another model', () => {
  const bytes = writeContainer(container)
  expect(() => readContainer(new TextEncoder().encode('GIF89a'))).toThrow('compressed by Winnow')
  expect(() => readContainer(bytes.with(8, 2))).toThrow('version 2, newer than 1')
  expect(() => readContainer(bytes.slice(0, -10))).toThrow('damaged or truncated')
  expect(() => checkModel(container, { ...model, name: 'Walloc' })).toThrow(
    'compressed by a HyperpriorCodec, and this model is a Walloc',
  )
  expect(() => checkModel(container, { ...model, fingerprint: 'ffff456789abcdef' })).toThrow(
    'with other weights',
  )
  checkModel(container, model)
})

it('refuses what the format cannot hold', () => {
  expect(() => writeContainer({ ...container, fields: [2 ** 32] })).toThrow('4294967296 came')
  expect(() => writeContainer({ ...container, fields: [-1] })).toThrow('-1 came')
  const named = { ...container, model: { ...model, name: '' } }
  expect(() => writeContainer(named)).toThrow('name of 0 bytes')
  const marked = { ...container, model: { ...model, fingerprint: 'x' } }
  expect(() => writeContainer(marked)).toThrow("fingerprint 'x' came")
})

class Pair extends Module {
  readonly weight: Parameter
  readonly count: State

  constructor(weight: readonly number[], count = 0) {
    super()
    this.weight = new Parameter(tf.tensor1d([...weight]))
    this.count = new State(tf.scalar(count, 'int32'))
  }
}

it('tells models apart by any value, shape or order', async () => {
  const of = async (weight: readonly number[], count?: number) => {
    using pair = new Pair(weight, count)
    return await fingerprint(pair)
  }
  // Pinned: files that exist name it.
  expect(await of([1, 2, 3])).toBe('a6c6e46412b57cf3')
  const others = [
    [1, 2, 4],
    [2, 1, 3],
    [1, 2],
    [1, 2, 3, 0],
    [1, 2, 3.0000005],
    [-1, 2, 3],
  ]
  const seen = new Set([await of([1, 2, 3]), await of([1, 2, 3], 1)])
  for (const other of others) seen.add(await of(other))
  expect(seen.size).toBe(8)
})
