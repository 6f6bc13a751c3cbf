/**
 * Small images in which the visible part tells the hidden one: one wave of a random phase, down or across.
 */
import { type ArrayDataset, fromArrays, Rng } from '@winnow/core'

/** `[count, size, size, 1]`, values from 0 to 1; the label says whether stripes run down (1) or across (0). */
export function stripes(count: number, size = 8, seed = 1): ArrayDataset {
  const rng = new Rng(seed)
  const data = new Float32Array(count * size * size)
  const labels = new Int32Array(count)
  for (let image = 0; image < count; image++) {
    const [down, phase] = rng.uniformValues(2) as unknown as [number, number]
    labels[image] = down < 0.5 ? 0 : 1
    const wave = (2 * Math.PI) / size
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const along = labels[image] === 1 ? x : y
        data[(image * size + y) * size + x] =
          0.5 + 0.5 * Math.sin(wave * along + 2 * Math.PI * phase)
      }
    }
  }
  return fromArrays({ data, shape: [count, size, size, 1], labels })
}
