/**
 * Threefry-2x32 with 13 rounds: a counter-based random function (Salmon, Moraes, Dror and Shaw, 2011).
 *
 * `(y0, y1) = threefry(key, counter)`: additions, rotations and exclusive ors of 32-bit words only, so that
 * every backend can compute the same bits. 13 rounds are the fewest that its authors found to pass BigCrush.
 */

/** A 64-bit key as two unsigned 32-bit words. */
export type Key = readonly [number, number]

const PARITY = 0x1bd11bda
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const
const ROUNDS = 13

/**
 * Fills `out` with the words of consecutive counters: block b gives `out[2b]`, `out[2b + 1]`.
 *
 * @param key the key
 * @param start low word of the first counter, an integer in [0, 2^32)
 * @param high high word of every counter
 * @param out filled whole; an odd length drops the last block's second word
 */
export function threefryFill(key: Key, start: number, high: number, out: Uint32Array): void {
  const k0 = key[0] | 0
  const k1 = key[1] | 0
  const k2 = k0 ^ k1 ^ PARITY
  const length = out.length
  for (let i = 0, counter = start; i < length; i += 2, counter++) {
    // Rounds unrolled by hand: rotations 13 15 26 6 | 17 29 16 24 | 13 15 26 6 | 17, a key injection after each four.
    let x = (counter + k0) | 0
    let y = (high + k1) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k1) | 0
    y = (y + k2 + 1) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + k2) | 0
    y = (y + k0 + 2) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k0) | 0
    y = (y + k1 + 3) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    out[i] = x
    if (i + 1 < length) out[i + 1] = y
  }
}

/** One block, any number of rounds: the plain form that the unrolled one is tested against. */
export function threefry(key: Key, counter: Key, rounds: number = ROUNDS): Key {
  const keys = [key[0] | 0, key[1] | 0, key[0] ^ key[1] ^ PARITY] as const
  let x = (counter[0] + keys[0]) | 0
  let y = (counter[1] + keys[1]) | 0
  for (let round = 0; round < rounds; round++) {
    const rotation = ROTATIONS[round % 8] as number
    x = (x + y) | 0
    y = ((y << rotation) | (y >>> (32 - rotation))) ^ x
    if (round % 4 === 3) {
      const injection = (round + 1) / 4
      x = (x + (keys[injection % 3] as number)) | 0
      y = (y + (keys[(injection + 1) % 3] as number) + injection) | 0
    }
  }
  return [x >>> 0, y >>> 0]
}
