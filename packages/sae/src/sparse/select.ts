/**
 * The largest preactivations among chosen latents, on the host: free where none is chosen, which for dead latents is
 * most of the time.
 */

/** What {@link largestAmong} chooses from. */
export interface SelectionInput {
  /** `[batch, latents]` */
  readonly preactivations: Float32Array
  /** `[latents]`: not 0 where a latent may be chosen. */
  readonly among: ArrayLike<number>
  readonly k: number
}

/** Values and latents `[batch, k]`: the `k` largest that are above 0 of each row, then zeros. */
export interface Selection {
  readonly values: Float32Array
  readonly indices: Int32Array
}

export function largestAmong({ preactivations, among, k }: SelectionInput): Selection {
  const latents = among.length
  const batch = preactivations.length / latents
  const values = new Float32Array(batch * k)
  const indices = new Int32Array(batch * k)
  const chosen = Int32Array.from({ length: latents }, (_, i) => i).filter((i) => among[i] !== 0)
  if (chosen.length === 0) return { values, indices }
  const found = new Float32Array(chosen.length)
  for (let row = 0; row < batch; row++) {
    let count = 0
    for (const latent of chosen) {
      const value = preactivations[row * latents + latent] as number
      if (value > 0) found[count++] = value
    }
    const least = count <= k ? 0 : kthLargest(found, count, k)
    // Those above the least first: of those that equal it, only as many as there is room for.
    let place = row * k
    const end = place + k
    for (const equal of [false, true]) {
      if (equal && least === 0) break
      for (const latent of chosen) {
        if (place === end) break
        const value = preactivations[row * latents + latent] as number
        if (equal ? value !== least : !(value > least)) continue
        values[place] = value
        indices[place] = latent
        place++
      }
    }
  }
  return { values, indices }
}

/** The value that `k` of the first `count` numbers reach (Hoare's quickselect, 1961). Their order is changed. */
function kthLargest(numbers: Float32Array, count: number, k: number): number {
  let low = 0
  let high = count - 1
  const wanted = k - 1
  while (low < high) {
    const pivot = numbers[(low + high) >>> 1] as number
    let i = low
    let j = high
    while (i <= j) {
      while ((numbers[i] as number) > pivot) i++
      while ((numbers[j] as number) < pivot) j--
      if (i > j) break
      const kept = numbers[i] as number
      numbers[i] = numbers[j] as number
      numbers[j] = kept
      i++
      j--
    }
    if (wanted <= j) high = j
    else if (wanted >= i) low = i
    else break
  }
  return numbers[wanted] as number
}
