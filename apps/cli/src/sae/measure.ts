/**
 * What is measured of a sparse autoencoder: its errors on activations of texts that it has not seen, and what its
 * reconstructions cost the language model.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mean, tensor2d } from '@tensorflow/tfjs-core'
import { type Compiled, compile, type DataSource } from '@winnow/core'
import {
  type Edit,
  evaluateSae,
  lossRecovered,
  type SparseAutoencoder,
  type SplicedLosses,
  spliceLosses,
} from '@winnow/sae'
import { number } from '../progress-bar.ts'
import { table } from '../table.ts'
import { butFirst, checkPlace, type ReadModel } from './language-model.ts'

/** See the top of the file. */
export interface SaeMeasures {
  readonly rows: number
  readonly explainedVariance: number
  readonly normalisedMeanSquaredError: number
  readonly l0: number
  readonly latents: number
  readonly deadLatents: number
  /** Nats per token of the language model. */
  readonly losses: SplicedLosses
  /** Undefined where the language model does not need the activations. */
  readonly lossRecovered: number | undefined
}

/** What {@link measureSae} needs. */
export interface MeasuredActivations {
  readonly source: ReadModel
  readonly at: string
  /** Activations `[rows, width]`. */
  readonly test: DataSource
  /** Whole sequences of ids. */
  readonly testIds: Int32Array
  /** The language model's losses on them, where another autoencoder was measured before. */
  readonly known?: SplicedLosses | undefined
}

/** Tokens that are judged with reconstructions in place. */
const SPLICED_TOKENS = 16_384
const AT_A_TIME = 2048

export async function measureSae(
  sae: SparseAutoencoder,
  measured: MeasuredActivations,
): Promise<SaeMeasures> {
  const { frequencies: _, meanSquaredError: __, ...errors } = await evaluateSae(sae, measured.test)
  const losses = await spliced(sae, measured)
  return {
    ...errors,
    latents: sae.config.latents,
    losses,
    lossRecovered: losses.ablated > losses.original ? lossRecovered(losses) : undefined,
  }
}

async function spliced(
  sae: SparseAutoencoder,
  { source, at, testIds, known }: MeasuredActivations,
): Promise<SplicedLosses> {
  const { model } = source
  const place = checkPlace(model, at)
  const { tokens } = model.config
  // One id more than the model sees: what is predicted last.
  const sequences = Math.max(
    1,
    Math.min(Math.floor(SPLICED_TOKENS / tokens), countOf(testIds, tokens)),
  )
  const length = Math.min(tokens, testIds.length - 1)
  const rows = Math.min(sequences, Math.max(1, Math.floor(AT_A_TIME / tokens)))
  function* batches(): Generator<Tensor> {
    for (let first = 0; first + rows <= sequences; first += rows) {
      const ids = new Int32Array(rows * (length + 1))
      for (let row = 0; row < rows; row++) {
        const start = (first + row) * length
        ids.set(testIds.subarray(start, start + length + 1), row * (length + 1))
      }
      const batch = tensor2d(ids, [rows, length + 1], 'int32')
      yield batch
      batch.dispose()
    }
  }
  // The splice hands over the same edits with every batch.
  const programs = new Map<Edit | undefined, Compiled<[Tensor], Tensor>>()
  const programOf = (edit: Edit | undefined): Compiled<[Tensor], Tensor> => {
    const known = programs.get(edit)
    if (known !== undefined) return known
    const options = edit ? { edit: { at: place, fn: butFirst(edit) } } : {}
    const made = compile((ids: Tensor) => mean(model.nats(ids, undefined, options)) as Tensor, {
      modules: [model, sae],
    })
    programs.set(edit, made)
    return made
  }
  try {
    return await spliceLosses(batches(), {
      run: (ids, edit) => programOf(edit)(ids),
      reconstruct: (x) => sae.reconstruct(x),
      ...(known && { known }),
    })
  } finally {
    for (const one of programs.values()) one[Symbol.dispose]()
  }
}

function countOf(ids: Int32Array, tokens: number): number {
  return Math.floor((ids.length - 1) / tokens)
}

/** The measures as lines of text. */
export function report(measured: SaeMeasures): string {
  const { losses, lossRecovered: recovered, latents, deadLatents } = measured
  const nats = (value: number): string => value.toFixed(3)
  const rows = [
    [
      'explained variance',
      measured.explainedVariance.toFixed(4),
      `on ${number(measured.rows)} tokens of test texts`,
    ],
    ['normalised MSE', measured.normalisedMeanSquaredError.toFixed(4), '1: as bad as the mean'],
    ['L0', measured.l0.toFixed(1), `latents on for a token, of ${number(latents)}`],
    ['dead latents', number(deadLatents), `on for none of these tokens`],
    [
      'loss recovered',
      recovered === undefined ? '-' : recovered.toFixed(4),
      `nats per token: ${nats(losses.original)} as it is, ${nats(losses.spliced)} with reconstructions, ` +
        `${nats(losses.ablated)} with zeros`,
    ],
  ]
  return table(rows, [1])
}
