import { describe, expect, it } from 'vitest'
import { type Key, threefry, threefryFill } from './threefry.ts'

const ones: Key = [0xffffffff, 0xffffffff]
const pi: { counter: Key; key: Key } = {
  counter: [0x243f6a88, 0x85a308d3],
  key: [0x13198a2e, 0x03707344],
}

describe('threefry', () => {
  it('gives the known answers of Random123 for 13 and 20 rounds', () => {
    expect(threefry([0, 0], [0, 0], 13)).toEqual([0x9d1c5ec6, 0x8bd50731])
    expect(threefry(ones, ones, 13)).toEqual([0xfd36d048, 0x2d17272c])
    expect(threefry(pi.key, pi.counter, 13)).toEqual([0xba3e4725, 0xf27d669e])
    expect(threefry([0, 0], [0, 0], 20)).toEqual([0x6b200159, 0x99ba4efe])
    expect(threefry(ones, ones, 20)).toEqual([0x1cb996fc, 0xbb002be7])
    expect(threefry(pi.key, pi.counter, 20)).toEqual([0xc4923a9c, 0x483df7a0])
  })

  it('fills with the same words, block by block, for even and odd lengths', () => {
    const key: Key = [0xdeadbeef, 0x12345678]
    for (const length of [1, 2, 7, 64]) {
      const out = new Uint32Array(length)
      threefryFill(key, 0xfffffffe, 5, out)
      const expected = Array.from({ length: Math.ceil(length / 2) }, (_, block) =>
        threefry(key, [(0xfffffffe + block) >>> 0, 5]),
      ).flat()
      expect([...out]).toEqual(expected.slice(0, length))
    }
  })
})
