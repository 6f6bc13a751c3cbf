/**
 * Accuracy of predicted classes, altogether and class by class.
 */

/** How many predictions are right. */
export interface Accuracy {
  /** The share of items whose class was predicted, in [0, 1]. */
  readonly accuracy: number
  /** `[classes]`: the same among the items of each class; NaN for a class that no item has. */
  readonly perClass: readonly number[]
}

/** @param predictions one class for each of `labels` */
export function accuracyOf(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): Accuracy {
  const right = new Array<number>(classes).fill(0)
  const seen = new Array<number>(classes).fill(0)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number
    seen[label] = (seen[label] as number) + 1
    if (predictions[i] === label) right[label] = (right[label] as number) + 1
  }
  return {
    accuracy: right.reduce((sum, count) => sum + count, 0) / labels.length,
    perClass: right.map((count, label) => count / (seen[label] as number)),
  }
}
