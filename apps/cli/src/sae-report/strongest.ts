/**
 * The strongest places of many features in a stream, not two of them within reach of each other.
 */
export class Strongest {
  readonly #most: number
  readonly #reach: number
  /** For each feature, its places with their values, strongest first. */
  readonly #found: [place: number, value: number][][]

  /**
   * @param most places that are kept of each feature
   * @param reach places less than this apart count as one, the stronger
   */
  constructor(features: number, most: number, reach: number) {
    this.#most = most
    this.#reach = reach
    this.#found = Array.from({ length: features }, () => [])
  }

  /** Notes a value. Places must come in rising order for each feature. */
  add(feature: number, place: number, value: number): void {
    const found = this.#found[feature] as [number, number][]
    if (found.length === this.#most && value <= (found[this.#most - 1] as [number, number])[1]) {
      return
    }
    const near = found.findIndex(([other]) => place - other < this.#reach)
    if (near >= 0) {
      if (value <= (found[near] as [number, number])[1]) return
      found.splice(near, 1)
    }
    let at = found.length
    while (at > 0 && (found[at - 1] as [number, number])[1] < value) at--
    found.splice(at, 0, [place, value])
    if (found.length > this.#most) found.pop()
  }

  /** Places of a feature, strongest first. */
  places(feature: number): number[] {
    return (this.#found[feature] ?? []).map(([place]) => place)
  }
}
