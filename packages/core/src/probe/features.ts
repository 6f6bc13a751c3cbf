/**
 * Features of a data set on the host, as `extractFeatures` gives them and as probes take them.
 */
import { check } from '../error.ts'

/** Vectors that a frozen model gave for items, row by row, with the items' labels where there are any. */
export interface Features {
  /** `[items, features]` in row-major order. */
  readonly features: Float32Array
  readonly shape: readonly [items: number, features: number]
  /** `[items]`: whole numbers, classes counted from 0. */
  readonly labels?: ArrayLike<number> | undefined
}

/** Throws a WinnowError unless there is at least one row, the shape is that of the values, and all are finite. */
export function checkFeatures(argument: string, { features, shape }: Features): void {
  const [items, width] = shape
  check(
    shape.length === 2 && items >= 1 && width >= 1 && features.length === items * width,
    () =>
      `${argument}: ${features.length} values came with shape [${shape}], expected [items, features] with as many values`,
  )
  const bad = features.findIndex((value) => !Number.isFinite(value))
  check(
    bad < 0,
    () =>
      `${argument}: ${features[bad]} came as feature ${bad % width} of item ${Math.floor(bad / width)}, expected finite numbers`,
  )
}

/**
 * The labels, checked: one for each item, each a class.
 *
 * @param classes how many classes there are, where that is known
 */
function labelsOf(argument: string, from: Features, classes?: number): Int32Array {
  const { labels, shape } = from
  check(labels !== undefined, () => `${argument}: labels: none came, expected one for each item`)
  check(
    labels.length === shape[0],
    () => `${argument}: labels: ${labels.length} came for ${shape[0]} items`,
  )
  return Int32Array.from(labels, (label, item) => {
    check(
      Number.isInteger(label) && label >= 0 && label < (classes ?? Number.POSITIVE_INFINITY),
      () =>
        `${argument}: labels: ${label} came for item ${item}, expected a whole number ${
          classes === undefined ? '>= 0' : `from 0 to ${classes - 1}`
        }`,
    )
    return label
  })
}

/** Labels of training and test, and the number of classes: the highest label and one, unless it is given. */
export function labelledPair(
  owner: string,
  train: Features,
  test: Features,
  classes?: number,
): { trainLabels: Int32Array; testLabels: Int32Array; classes: number } {
  checkFeatures(`${owner}: train`, train)
  checkFeatures(`${owner}: test`, test)
  check(
    train.shape[1] === test.shape[1],
    () => `${owner}: test: ${test.shape[1]} features came, expected ${train.shape[1]} as in train`,
  )
  const trainLabels = labelsOf(`${owner}: train`, train, classes)
  const count = classes ?? trainLabels.reduce((most, label) => Math.max(most, label), 0) + 1
  const present = new Set(trainLabels).size
  check(
    present >= 2,
    () => `${owner}: train: labels: all are ${trainLabels[0]}, expected at least two classes`,
  )
  return { trainLabels, testLabels: labelsOf(`${owner}: test`, test, count), classes: count }
}

/** Rows of a matrix in blocks of one size, the last filled up with zeros. */
export interface RowBlock {
  /** `[rows, width]`. */
  readonly data: Float32Array
  /** The number of the first row. */
  readonly start: number
  /** How many rows are true ones. */
  readonly count: number
}

/** Blocks of at most `most` rows, as few and as even as can be. */
export function* rowBlocks(
  data: Float32Array,
  shape: readonly [items: number, width: number],
  most: number,
): Generator<RowBlock> {
  const [items, width] = shape
  const rows = blockRows(items, most)
  for (let start = 0; start < items; start += rows) {
    const count = Math.min(rows, items - start)
    const part = data.subarray(start * width, (start + count) * width)
    if (count === rows) {
      yield { data: part, start, count }
    } else {
      const filled = new Float32Array(rows * width)
      filled.set(part)
      yield { data: filled, start, count }
    }
  }
}

/** How many rows the blocks of {@link rowBlocks} have. */
function blockRows(items: number, most: number): number {
  return Math.ceil(items / Math.ceil(items / most))
}
