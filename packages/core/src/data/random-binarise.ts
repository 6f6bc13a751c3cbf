/**
 * Black-and-white images from grey ones, drawn anew in every epoch: a grey value is the probability of white
 * (Salakhutdinov and Murray, 2008; "dynamic binarisation" since Burda et al., 2015). On the host, as part of the data.
 */
import { check } from '../error.ts'
import type { Augmentation } from './augment.ts'

/** @throws WinnowError where a value lies outside [0, 1] */
export function randomBinarise(): Augmentation {
  return (images, rng) => {
    const { data, shape } = images
    const thresholds = rng.uniformValues(data.length)
    const out = new Float32Array(data.length)
    for (let i = 0; i < out.length; i++) {
      const value = data[i] as number
      check(
        value >= 0 && value <= 1,
        () => `randomBinarise: ${value} came, expected values in [0, 1]`,
      )
      out[i] = value > (thresholds[i] as number) ? 1 : 0
    }
    return { data: out, shape }
  }
}
