import { expect, it } from 'vitest'
import { Message } from './protobuf.ts'

it('writes the bytes of the specification', () => {
  // The examples of the Protocol Buffers documentation.
  expect([...new Message().integer(1, 150).finish()]).toEqual([0x08, 0x96, 0x01])
  expect([...new Message().text(2, 'testing').finish()]).toEqual([
    0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67,
  ])
  const inner = new Message().integer(1, 150)
  expect([...new Message().message(3, inner).finish()]).toEqual([0x1a, 3, 0x08, 0x96, 0x01])
  expect([...new Message().packed(6, [3, 270, 86942]).finish()]).toEqual([
    0x32, 6, 3, 0x8e, 2, 0x9e, 0xa7, 5,
  ])
})

it('writes negative and large integers as int64', () => {
  expect([...new Message().integer(1, -1).finish()]).toEqual([
    8,
    ...new Array<number>(9).fill(255),
    1,
  ])
  expect([...new Message().integer(1, 2 ** 40).finish()]).toEqual([8, 128, 128, 128, 128, 128, 32])
})

it('keeps the order of small fields and large bytes', () => {
  const large = new Uint8Array(100).fill(7)
  const bytes = new Message().integer(1, 1).bytes(2, large).integer(3, 1).finish()
  expect([...bytes.slice(0, 4)]).toEqual([8, 1, 18, 100])
  expect([...bytes.slice(-2)]).toEqual([24, 1])
  expect(bytes.length).toBe(106)
})
