/** Seeded features with labels for the tests of probes. */
import { Rng } from '../../rng.ts'
import type { Features } from '../features.ts'

/** Of which kind. */
export interface BlobsOptions {
  readonly items: number
  readonly width: number
  readonly classes: number
  /** Distance between the classes' means in units of their deviation; 0 makes the labels random. */
  readonly distance: number
  readonly seed: number
}

/** Features of unit deviation around a mean of each class, which lies on an axis of its own. */
export function blobs({ items, width, classes, distance, seed }: BlobsOptions): Features & {
  readonly labels: Int32Array
} {
  const rng = new Rng(seed)
  const labels = Int32Array.from({ length: items }, () => Math.floor(rng.number() * classes))
  const features = new Float32Array(items * width)
  for (let i = 0; i < features.length; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - rng.number()))
    features[i] = radius * Math.cos(2 * Math.PI * rng.number())
  }
  for (const [item, label] of labels.entries()) {
    const at = item * width + (label % width)
    features[at] = (features[at] as number) + distance
  }
  return { features, shape: [items, width], labels }
}
