/**
 * The features that a frozen model gives for a whole data set, on the host: what probes, neighbours and ranks start from.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { compile } from '../compile.ts'
import { asBatches, type DataSource } from '../data/as-batches.ts'
import { ArrayDataset } from '../data/dataset.ts'
import { fillUp } from '../data/fill-up.ts'
import { type HostArray, type HostBatch, toTensors } from '../data/host-array.ts'
import { check } from '../error.ts'
import { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import type { Context } from '../train/objective.ts'
import { breather } from './breather.ts'
import type { Features } from './features.ts'

/** A module that turns inputs into vectors: every autoencoder, and any encoder with such a method. */
export interface FeatureModel extends Module {
  /** `[batch, ...]` -> `[batch, features]`. The context is there in training alone. */
  features(x: Tensor, context?: Context): Tensor
}

/** Options of {@link extractFeatures}. */
export interface ExtractOptions {
  /** Items at a time where the data is not in batches yet; 256 by default. */
  readonly batch?: number
  /** Modules that a function closes over, as for `compile`. */
  readonly modules?: readonly Module[]
  readonly signal?: AbortSignal
  /** Called after each batch; `total` is undefined where the data do not say how many items they have. */
  readonly onProgress?: (items: number, total: number | undefined) => void
}

/** What {@link extractFeatures} gives: {@link Features} whose labels, if there are any, are int32. */
export interface ExtractedFeatures extends Features {
  readonly labels: Int32Array | undefined
}

/**
 * Runs a model, or a function `[batch, ...] -> [batch, features]`, over the data as they lie, without updates. A last
 * batch that is not full is filled up, so that one trace serves all; items of weight zero are left out.
 *
 * @throws WinnowError for empty data and for features that are not `[batch, features]`
 */
export async function extractFeatures(
  model: FeatureModel | ((x: Tensor) => Tensor),
  data: DataSource,
  options: ExtractOptions = {},
): Promise<ExtractedFeatures> {
  const { batch = 256, modules = [], signal, onProgress } = options
  const known = lengthOf(data)
  check(
    Number.isInteger(batch) && batch >= 1,
    () => `extractFeatures: batch: ${batch} came, expected a whole number >= 1`,
  )
  const batches = asBatches(data, { size: Math.min(batch, known ?? batch), partial: 'keep' })
  const isModule = model instanceof Module
  const apply = isModule ? (x: Tensor) => model.features(x) : model
  using run = compile(apply, { modules: isModule ? [model, ...modules] : modules })
  const breathe = breather(signal)
  const rows: Float32Array[] = []
  const labels: number[] = []
  let labelled = true
  let width = 0

  for await (const host of batches.epoch(new Rng(0), 0)) {
    await breathe()
    const kept = keptItems(host)
    const values = await featuresOf(run, host.inputs, batches.size)
    width = values.length / Math.max(batches.size, host.inputs.shape[0] as number)
    for (const item of kept) rows.push(values.subarray(item * width, (item + 1) * width))
    const given = host['labels']
    check(
      given === undefined || given.shape.length === 1,
      () => `extractFeatures: data: labels of shape [${given?.shape}] came, expected [batch]`,
    )
    labelled &&= given !== undefined
    for (const item of labelled ? kept : []) labels.push(given?.data[item] as number)
    onProgress?.(rows.length, known)
  }
  check(rows.length > 0, () => 'extractFeatures: data: no item came, expected at least one')
  const features = new Float32Array(rows.length * width)
  for (const [item, row] of rows.entries()) features.set(row, item * width)
  return {
    features,
    shape: [rows.length, width],
    labels: labelled ? Int32Array.from(labels) : undefined,
  }
}

/** Features of a batch filled up to `size` items by repeating the first, with those of the repeated ones at the end. */
async function featuresOf(
  run: (x: Tensor) => Promise<Tensor>,
  inputs: HostArray<Float32Array | Int32Array>,
  size: number,
): Promise<Float32Array> {
  const filled = fillUp(inputs, size)
  const items = filled.shape[0] as number
  const x = toTensors({ inputs: filled }) as Tensor
  let y: Tensor | undefined
  try {
    y = await run(x)
    const { shape } = y
    check(
      shape.length === 2 && shape[0] === items,
      () =>
        `extractFeatures: model: features of shape [${shape}] came for ${items} items, expected [${items}, features]`,
    )
    return Float32Array.from(await y.data())
  } finally {
    x.dispose()
    y?.dispose()
  }
}

/** The numbers of the items that are not padding. */
function keptItems(batch: HostBatch): number[] {
  const weight = batch['weight']?.data
  const items = Array.from({ length: batch.inputs.shape[0] as number }, (_, i) => i)
  return weight === undefined ? items : items.filter((i) => weight[i] !== 0)
}

function lengthOf(data: DataSource): number | undefined {
  if (data instanceof ArrayDataset) return data.length
  return 'shape' in data ? data.shape[0] : undefined
}
