/**
 * Linear probing (Alain and Bengio, 2017): how well a linear classifier does on frozen features.
 *
 *     minimise  -1/n sum_i log softmax(W^T x_i + b)[y_i] + l2/2 |W|^2,   x = (features - mean) / deviation
 *
 * Mean and deviation are those of the training features: the full-batch form of the BatchNorm without affine in MAE's
 * probe (He et al., 2022). The problem is convex and is solved by L-BFGS, as in CLIP's probe (Radford et al., 2021):
 * there is no learning rate to tune, nothing is drawn at random, and two encoders are compared by their features alone.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { argMax, dispose, tensor } from '@tensorflow/tfjs-core'
import { type Compiled, compile } from '../compile.ts'
import { check } from '../error.ts'
import { type Accuracy, accuracyOf } from './accuracy.ts'
import { breather } from './breather.ts'
import { type Features, labelledPair, rowBlocks } from './features.ts'
import { minimise } from './limited-memory-bfgs.ts'
import { LinearProbe, type Scaling } from './linear-probe-module.ts'
import { softmaxRegression } from './softmax-regression.ts'

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions {
  /** Weight of the penalty on W (not on b), >= 0; 1e-4 by default. Choose it on a part of the training data. */
  readonly l2?: number
  /** How many classes there are; the highest label of the training data and one by default. */
  readonly classes?: number
  /** Most steps; 500 by default. */
  readonly iterations?: number
  /** Ends where no component of the gradient is larger; 1e-5 by default, near what float32 can tell. */
  readonly tolerance?: number
  readonly signal?: AbortSignal
  /** Is told the number of steps made and the objective, after each. */
  readonly onProgress?: (iteration: number, loss: number) => void
}

/** What {@link linearProbe} gives: accuracies on the test data, and more. */
export interface LinearProbeResult extends Accuracy {
  /** On the training data. */
  readonly train: Accuracy
  /** The objective at the end: nats per item and the penalty. */
  readonly loss: number
  readonly iterations: number
  /** Whether the gradient came below the tolerance. */
  readonly converged: boolean
  /** The classifier, which takes features as they are. It belongs to the caller, who disposes it. */
  readonly probe: LinearProbe
}

/** Rows of features that one call of the device takes. */
const BLOCK = 2048

/**
 * Trains a linear classifier on the features of `train` and tells how it does on those of `test`. The training features
 * are held on the device while it runs.
 *
 * @throws WinnowError for features that are not finite or do not fit, labels that are missing or out of range, and a
 * training set of one class
 */
export async function linearProbe(
  train: Features,
  test: Features,
  options: LinearProbeOptions = {},
): Promise<LinearProbeResult> {
  const { l2 = 1e-4, iterations = 500, tolerance = 1e-5, signal, onProgress } = options
  check(
    Number.isFinite(l2) && l2 >= 0,
    () => `linearProbe: l2: ${l2} came, expected a finite number >= 0`,
  )
  const labels = labelledPair('linearProbe', train, test, options.classes)
  const { classes } = labels
  const breathe = breather(signal)
  await breathe()

  const scaling = scalingOf(train)
  using objective = softmaxRegression(standardised(train, scaling), labels.trainLabels, {
    shape: train.shape,
    classes,
    l2,
    block: BLOCK,
  })
  const found = await minimise(objective.evaluate, new Float64Array(objective.size), {
    iterations,
    tolerance,
    onIteration: async (iteration, loss) => {
      onProgress?.(iteration, loss)
      await breathe()
    },
  })

  const probe = new LinearProbe({ features: train.shape[1], classes })
  try {
    probe.fill(scaling, found.point)
    using predict = compile((x: Tensor) => argMax(probe.forward(x), 1), { modules: [probe] })
    const seen = await predictions(predict, train, breathe)
    const unseen = await predictions(predict, test, breathe)
    return {
      ...accuracyOf(unseen, labels.testLabels, classes),
      train: accuracyOf(seen, labels.trainLabels, classes),
      loss: found.value,
      iterations: found.iterations,
      converged: found.converged,
      probe,
    }
  } catch (error) {
    probe.dispose()
    throw error
  }
}

/** Shares of the mean that are rounding of float32, not variation. */
const ROUNDING = 1e-6

/** In float64 and in two passes, so that a large mean does no harm; the deviation of a constant feature is given as 1. */
function scalingOf({ features, shape }: Features): Scaling {
  const [items, width] = shape
  const mean = new Float64Array(width)
  const square = new Float64Array(width)
  for (let i = 0; i < features.length; i++) {
    mean[i % width] = (mean[i % width] as number) + (features[i] as number) / items
  }
  for (let i = 0; i < features.length; i++) {
    const difference = (features[i] as number) - (mean[i % width] as number)
    square[i % width] = (square[i % width] as number) + difference ** 2 / items
  }
  const deviation = square.map((value, i) => {
    const root = Math.sqrt(value)
    return root > ROUNDING * Math.abs(mean[i] as number) ? root : 1
  })
  return { mean, deviation }
}

function standardised({ features, shape }: Features, { mean, deviation }: Scaling): Float32Array {
  const width = shape[1]
  return features.map(
    (value, i) => (value - (mean[i % width] as number)) / (deviation[i % width] as number),
  )
}

/** The predicted class of each row. */
async function predictions(
  predict: Compiled<[x: Tensor], Tensor>,
  { features, shape }: Features,
  breathe: () => Promise<void>,
): Promise<Int32Array> {
  const all = new Int32Array(shape[0])
  for (const { data, start, count } of rowBlocks(features, shape, BLOCK)) {
    const x = tensor(data, [data.length / shape[1], shape[1]])
    try {
      const predicted = await predict(x)
      all.set((await predicted.data()).subarray(0, count), start)
      dispose(predicted)
    } finally {
      dispose(x)
    }
    await breathe()
  }
  return all
}
