/**
 * Collects what a network computes inside it: one row of numbers for each token (or item) of the data, in files that a
 * sparse autoencoder, a probe or a picture is made from. Killed at any moment, it goes on where it stopped.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { dispose } from '@tensorflow/tfjs-core'
import { asBatches, type DataSource } from '../data/as-batches.ts'
import { fillUp } from '../data/fill-up.ts'
import { type HostBatch, toTensors } from '../data/host-array.ts'
import { check } from '../error.ts'
import { Module } from '../module.ts'
import { breather } from '../probe/breather.ts'
import { Rng } from '../rng.ts'
import { type ActivationSet, openActivations } from './activation-set.ts'
import { ActivationWriter } from './activation-writer.ts'
import type { ActivationType } from './index-file.ts'
import { keptRows } from './kept-rows.ts'
import { type ActivationModel, activationSource, type BatchFields } from './source.ts'
import { type ActivationPlace, storeOf } from './store.ts'

/** Options of {@link collectActivations}. */
export interface CollectOptions {
  /**
   * For a module: the path of a module inside it (`blocks.2`), the output of whose `forward` is taken; where it gives a
   * record or a list, what follows is the way into it (`encoder.tokens`, `blocks.2`). A module that runs several times
   * gives the first. For a GraphModel: the name of a node. For a function: none.
   */
  readonly at?: string
  /** The folder to write to; Node only. */
  readonly folder?: string
  /** In place of a folder. */
  readonly store?: ActivationPlace
  /** Items at a time where the data is not in batches yet; 32 by default. */
  readonly batch?: number
  /** How to store; `float16` by default, which holds magnitudes up to 65504. */
  readonly dtype?: ActivationType
  /** Rows of a shard: as many as take 32 MiB by default. */
  readonly shardRows?: number
  /** The most rows; all by default. */
  readonly rows?: number
  /** The field of the data that is not 0 where a token is to be kept: `[batch, tokens]`. All are by default. */
  readonly mask?: string
  /** Tokens to leave out at the start of each sequence; 0 by default. */
  readonly skip?: number
  /** The model's name in the index: its class or the function's name by default. */
  readonly name?: string
  /** How to run a module: `forward(inputs)` by default. */
  readonly run?: (inputs: Tensor, fields: BatchFields) => unknown
  /** Modules that a function or `run` closes over, as for `compile`. */
  readonly modules?: readonly Module[]
  readonly signal?: AbortSignal
  /** Called after each batch. */
  readonly onProgress?: (progress: CollectProgress) => void
}

/** How far a collection has come. */
export interface CollectProgress {
  /** Rows so far, those of an earlier call included. */
  readonly rows: number
  /** Batches of the data so far, those of an earlier call included, and how many there are where that is known. */
  readonly batches: number
  readonly of: number | undefined
  /** Rows of this call by the seconds since it began, the first batch's trace included. */
  readonly tokensPerSecond: number
}

/**
 * Runs a model over the data as they lie and keeps the activations at one place of it: outputs `[batch, ..., width]`
 * become rows of `width` values. Batches have one size, so that one trace serves all. Where the place holds the
 * beginning of the same collection, it goes on from there, to the same bytes.
 *
 * @throws WinnowError when `at` leads nowhere, an activation is NaN, infinite or too large for `dtype`, or the place
 * holds other activations
 */
export async function collectActivations(
  model: ActivationModel,
  data: DataSource,
  options: CollectOptions,
): Promise<ActivationSet> {
  const { at = '', batch = 32, skip = 0, mask, rows: limit, signal, onProgress } = options
  const { dtype = 'float16', shardRows, name = nameOf(model) } = options
  for (const [argument, value] of Object.entries({ batch, shardRows, rows: limit })) {
    check(
      value === undefined || (Number.isSafeInteger(value) && value >= 1),
      () => `collectActivations: ${argument}: ${value} came, expected a whole number >= 1`,
    )
  }
  check(
    Number.isSafeInteger(skip) && skip >= 0,
    () => `collectActivations: skip: ${skip} came, expected a whole number >= 0`,
  )
  check(
    dtype === 'float16' || dtype === 'float32',
    () => `collectActivations: dtype: '${dtype}' came, expected 'float16' or 'float32'`,
  )
  const place = options.store ?? options.folder
  check(place !== undefined, () => 'collectActivations: no folder or store came')
  const store = storeOf(place)
  const batches = asBatches(data, { size: batch, partial: 'keep' })
  const source = activationSource(model, { at, run: options.run, modules: options.modules })
  const request = {
    model: name,
    at,
    dtype,
    batch: batches.size,
    skip,
    mask: mask ?? null,
    limit: limit ?? null,
  }
  const writer = await ActivationWriter.begin(store, request, shardRows)
  try {
    const breathe = breather(signal)
    const begun = performance.now()
    let number = writer.from
    for await (const host of batches.epoch(new Rng(0), 0, { from: number })) {
      await breathe()
      const { values, shape } = await run(source, host, batches.size)
      const kept = keptRows(host, shape, { mask, skip })
      await writer.add(number++, { values, kept, width: shape.at(-1) as number })
      if (writer.complete) break
      const seconds = (performance.now() - begun) / 1000
      onProgress?.({
        rows: writer.rows,
        batches: number,
        of: batches.length,
        tokensPerSecond: writer.added / seconds,
      })
      if (writer.full) break
    }
    await writer.end()
  } finally {
    source[Symbol.dispose]()
    await writer.settle()
  }
  return await openActivations(store)
}

/** The activations of a batch, filled up so that all have one shape. */
async function run(
  source: (fields: BatchFields) => Promise<Tensor>,
  host: HostBatch,
  size: number,
): Promise<{ readonly values: Float32Array; readonly shape: readonly number[] }> {
  const filled = Object.entries(host).map(([field, array]) => [field, fillUp(array, size)])
  const tensors = toTensors(Object.fromEntries(filled) as HostBatch)
  const fields = 'inputs' in tensors ? tensors : { inputs: tensors as Tensor }
  let output: Tensor | undefined
  try {
    output = await source(fields as BatchFields)
    return { values: (await output.data()) as Float32Array, shape: output.shape }
  } finally {
    dispose(fields as never)
    output?.dispose()
  }
}

function nameOf(model: ActivationModel): string {
  if (typeof model === 'function') return model.name
  return model instanceof Module ? model.constructor.name : 'GraphModel'
}
