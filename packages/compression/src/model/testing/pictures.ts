/**
 * Pictures made by a formula: soft edges, slopes and stripes, which a small codec learns within seconds.
 */
import { type ArrayDataset, fromArrays, Rng } from '@winnow/core'

/** `count` pictures of `side` by `side` pixels with three channels in [0, 1]. */
export function pictures(count: number, side: number, seed = 1): Float32Array {
  const rng = new Rng(seed)
  const out = new Float32Array(count * side * side * 3)
  let at = 0
  for (let n = 0; n < count; n++) {
    const [angle, place, width, stripes] = [0, 0, 0, 0].map(() => rng.number()) as number[] as [
      number,
      number,
      number,
      number,
    ]
    const [dx, dy] = [Math.cos(2 * Math.PI * angle), Math.sin(2 * Math.PI * angle)]
    const colours = Array.from({ length: 9 }, () => rng.number())
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const along = (x * dx + y * dy) / side - 0.4 * (place - 0.5)
        const edge = 1 / (1 + Math.exp(-along * (5 + 40 * width)))
        const wave = 0.5 + 0.5 * Math.sin(along * (4 + 20 * stripes))
        for (let c = 0; c < 3; c++) {
          const [a, b, d] = [colours[c], colours[c + 3], colours[c + 6]] as [number, number, number]
          out[at++] = a * edge + (1 - edge) * (b * wave + d * (1 - wave))
        }
      }
    }
  }
  return out
}

/** {@link pictures} as data for `fit`. */
export function pictureData(count: number, side: number, seed = 1): ArrayDataset {
  return fromArrays({ data: pictures(count, side, seed), shape: [count, side, side, 3] })
}
