/**
 * A number for a model's weights: two models that differ in one value have different ones, but for one chance in 2^64.
 *
 * Two 32-bit hashes of MurmurHash3's steps (Appleby 2011): not proof against malice, and the same wherever it is computed.
 */
import { type Module, slots } from '@winnow/core'

/**
 * Names, shapes and values of all slots.
 *
 * @returns 16 hexadecimal digits
 */
export async function fingerprint(module: Module): Promise<string> {
  const state = new Uint32Array([0x2f0b4c47, 0x8f1bbcdc])
  for (const [name, { slot }] of slots(module)) {
    mix(
      state,
      Int32Array.from(`${name} ${slot.dtype} ${slot.shape}`, (letter) => letter.charCodeAt(0)),
    )
    const values = await slot.value.data()
    // Booleans have a byte each.
    const whole =
      values.BYTES_PER_ELEMENT === 4
        ? new Int32Array(values.buffer, values.byteOffset, values.length)
        : Int32Array.from(values)
    mix(state, whole)
  }
  return [...state].map((half) => finish(half).toString(16).padStart(8, '0')).join('')
}

function mix(state: Uint32Array, words: Int32Array): void {
  let [a, b] = state as unknown as [number, number]
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    let k = Math.imul(word, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    a ^= Math.imul(k, 0x1b873593)
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0
    let l = Math.imul(word ^ i, 0x85ebca6b)
    l = (l << 16) | (l >>> 16)
    b ^= Math.imul(l, 0xc2b2ae35)
    b = (Math.imul((b << 15) | (b >>> 17), 5) + 0x561ccd1b) | 0
  }
  state[0] = a
  state[1] = b
}

function finish(half: number): number {
  let x = half
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
