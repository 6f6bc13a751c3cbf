/**
 * Classification by the k nearest neighbours among frozen features, with votes weighted by similarity (Wu et al., 2018;
 * as in DINO, Caron et al., 2021).
 *
 *     votes(c) = sum over the k nearest i with y_i = c of exp(s_i / temperature)
 *
 * s is the cosine of the angle, or minus the squared distance. An infinite temperature gives each neighbour one vote.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { dispose, matMul, sub, tensor } from '@tensorflow/tfjs-core'
import { compile } from '../compile.ts'
import { check, unknownName } from '../error.ts'
import { type Accuracy, accuracyOf } from './accuracy.ts'
import { breather } from './breather.ts'
import { type Features, labelledPair, type RowBlock, rowBlocks } from './features.ts'
import { Nearest } from './nearest.ts'

/** Options of {@link nearestNeighbours}. */
export interface NearestNeighboursOptions {
  /** How many neighbours vote; 20 by default. */
  readonly k?: number
  /** `cosine` by default. */
  readonly metric?: 'cosine' | 'euclidean'
  /** > 0; 0.07 by default for `cosine`, infinity for `euclidean`, whose scale is that of the features. */
  readonly temperature?: number
  /** How many classes there are; the highest label of the training data and one by default. */
  readonly classes?: number
  /** Rows of either set that are compared at once: memory is block * block; 1024 by default. */
  readonly block?: number
  readonly signal?: AbortSignal
  /** Is told how many items of `test` are done, and of how many. */
  readonly onProgress?: (items: number, total: number) => void
}

/** What {@link nearestNeighbours} gives: accuracies on the test data, and more. */
export interface NearestNeighboursResult extends Accuracy {
  /** `[test items]`: the class with most votes; of classes with equally many, the one with the nearest neighbour. */
  readonly predictions: Int32Array
  /** `[test items, k]`: the training items next to each, nearest first; of equally near ones, to float32, the first. */
  readonly neighbours: Int32Array
}

/**
 * @throws WinnowError for features that are not finite or do not fit, labels that are missing or out of range, a training
 * set of one class, or of fewer than k items
 */
export async function nearestNeighbours(
  train: Features,
  test: Features,
  options: NearestNeighboursOptions = {},
): Promise<NearestNeighboursResult> {
  const { k = 20, metric = 'cosine', block = 1024, signal, onProgress } = options
  if (metric !== 'cosine' && metric !== 'euclidean')
    throw unknownName('nearestNeighbours: metric', metric, ['cosine', 'euclidean'])
  const { temperature = metric === 'cosine' ? 0.07 : Number.POSITIVE_INFINITY } = options
  const labels = labelledPair('nearestNeighbours', train, test, options.classes)
  const [items, width] = train.shape
  check(
    Number.isInteger(k) && k >= 1 && k <= items,
    () =>
      `nearestNeighbours: k: ${k} came, expected a whole number from 1 to the ${items} items of train`,
  )
  check(temperature > 0, () => `nearestNeighbours: temperature: ${temperature} came, expected > 0`)
  check(
    Number.isInteger(block) && block >= 1,
    () => `nearestNeighbours: block: ${block} came, expected a whole number >= 1`,
  )

  const prepare = metric === 'cosine' ? normalised : centredBy(train)
  const keys = prepare(train)
  const offsets = metric === 'cosine' ? new Float32Array(items) : halfSquares(keys, width)
  const keyBlocks = [...rowBlocks(keys, train.shape, block)]
  const offsetBlocks = [...rowBlocks(offsets, [items, 1], block)]
  // For the distance, up to what all neighbours of a query share: x.y - |y|^2 / 2 = (|x|^2 - |x - y|^2) / 2.
  using compare = compile((queries: Tensor, rows: Tensor, offset: Tensor) =>
    sub(matMul(queries as Tensor2D, rows as Tensor2D, false, true), offset),
  )
  const sharpness = (metric === 'cosine' ? 1 : 2) / temperature
  const breathe = breather(signal)
  const predictions = new Int32Array(test.shape[0])
  const neighbours = new Int32Array(test.shape[0] * k)

  for (const queries of rowBlocks(prepare(test), test.shape, block)) {
    const nearest = new Nearest(queries.count, k)
    const x = tensor(queries.data, [queries.data.length / width, width])
    try {
      for (const [index, keyBlock] of keyBlocks.entries()) {
        await breathe()
        const similarities = await similaritiesOf(
          compare,
          x,
          keyBlock,
          offsetBlocks[index] as RowBlock,
        )
        nearest.add(similarities, keyBlock.data.length / width, keyBlock)
      }
    } finally {
      x.dispose()
    }
    for (let query = 0; query < queries.count; query++) {
      const item = queries.start + query
      const found = nearest.of(query)
      neighbours.set(found.items, item * k)
      predictions[item] = elected(found, labels.trainLabels, sharpness)
    }
    onProgress?.(queries.start + queries.count, test.shape[0])
  }
  return { ...accuracyOf(predictions, labels.testLabels, labels.classes), predictions, neighbours }
}

/** `[queries, keys]` on the host. */
async function similaritiesOf(
  compare: (queries: Tensor, rows: Tensor, offset: Tensor) => Promise<Tensor>,
  queries: Tensor,
  keys: RowBlock,
  offsets: RowBlock,
): Promise<Float32Array> {
  const rows = offsets.data.length
  const inputs = [tensor(keys.data, [rows, keys.data.length / rows]), tensor(offsets.data)] as const
  try {
    const result = await compare(queries, ...inputs)
    const values = (await result.data()) as Float32Array
    result.dispose()
    return values
  } finally {
    dispose([...inputs])
  }
}

/** The class with most votes. */
function elected(
  { items, similarities }: { readonly items: Int32Array; readonly similarities: Float64Array },
  labels: Int32Array,
  sharpness: number,
): number {
  const votes = new Map<number, number>()
  for (const [rank, item] of items.entries()) {
    // Relative to the nearest, so that nothing overflows.
    const vote = Math.exp(
      ((similarities[rank] as number) - (similarities[0] as number)) * sharpness,
    )
    const label = labels[item] as number
    votes.set(label, (votes.get(label) ?? 0) + vote)
  }
  // In the order of each class's nearest member, so that the first of the highest is the nearest.
  let winner = -1
  let most = -1
  for (const [label, count] of votes) {
    if (count > most) {
      winner = label
      most = count
    }
  }
  return winner
}

/** Rows of length one; a row of zeros stays one. */
function normalised({ features, shape }: Features): Float32Array {
  const width = shape[1]
  const rows = new Float32Array(features.length)
  for (let start = 0; start < features.length; start += width) {
    let square = 0
    for (let i = start; i < start + width; i++) square += (features[i] as number) ** 2
    const scale = square === 0 ? 0 : 1 / Math.sqrt(square)
    for (let i = start; i < start + width; i++) rows[i] = (features[i] as number) * scale
  }
  return rows
}

/** Takes the mean of `train` off, which changes no distance but keeps large numbers from cancelling in float32. */
function centredBy(train: Features): (features: Features) => Float32Array {
  const [items, width] = train.shape
  const mean = new Float64Array(width)
  for (let i = 0; i < train.features.length; i++) {
    mean[i % width] = (mean[i % width] as number) + (train.features[i] as number) / items
  }
  return ({ features }) => features.map((value, i) => value - (mean[i % width] as number))
}

function halfSquares(rows: Float32Array, width: number): Float32Array {
  const halves = new Float32Array(rows.length / width)
  for (let i = 0; i < halves.length; i++) {
    let sum = 0
    for (let j = i * width; j < (i + 1) * width; j++) sum += (rows[j] as number) ** 2
    halves[i] = sum / 2
  }
  return halves
}
