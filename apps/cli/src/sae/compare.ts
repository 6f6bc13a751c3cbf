/**
 * The comparison of `winnow compare sae`: how much of a network's activations, and of what the network does with them, is
 * left by codes of a few latents, for families that are trained alike and for PCA.
 */
import { type FitCallbacks, fit } from '@winnow/core'
import { number } from '../progress-bar.ts'
import {
  type Contestant,
  pcaContestant,
  principalDirections,
  randomContestant,
  reluContestant,
  topKContestant,
} from './contestants.ts'
import { saeKind } from './kind.ts'
import type { ReadModel } from './language-model.ts'
import { measureSae, type SaeMeasures } from './measure.ts'
import { nextWeight, type Tried } from './penalty-search.ts'
import { beginSae, type SaeData, type SaeSettings, sampleRows } from './settings.ts'

/** One family at one sparsity, and what came of it. */
export interface ComparisonRow extends Omit<SaeMeasures, 'rows'> {
  readonly family: Contestant['family']
  readonly setting: string
  readonly updates: number
  readonly seconds: number
}

export interface CompareOptions {
  /** Latents that are on: one comparison for each. */
  readonly sparsities: readonly number[]
  /** Updates of each contestant. */
  readonly steps: number
  readonly signal?: AbortSignal
  /** Told when a contestant begins, and what to call while it trains. */
  begin(name: string): FitCallbacks | undefined
  end(row: ComparisonRow): void
}

/** An L0 this near to the one that was aimed at is comparable with it. */
const NEAR = 0.2
/** Runs of ReLU for one sparsity, before the nearest is taken as it is. */
const MOST_TRIES = 2
/** Rows that PCA is made of. */
const PCA_ROWS = 32_768

/** Trains and measures all contestants, one after another. Stops between two of them when aborted. */
export async function compareSae(
  settings: SaeSettings,
  data: SaeData,
  source: ReadModel,
  options: CompareOptions,
): Promise<readonly ComparisonRow[]> {
  const { sparsities, steps, signal } = options
  const rows: ComparisonRow[] = []
  const run = async (contestant: Contestant): Promise<ComparisonRow> => {
    const { family, setting, train } = contestant
    using model = contestant.model
    signal?.throwIfAborted()
    const callbacks = options.begin(`${family}, ${setting}`)
    const start = performance.now()
    if (train !== false) {
      await beginSae(model, data)
      await fit(model, data.training, {
        steps,
        seed: settings.seed,
        ...saeKind.fitParts(settings, steps),
        ...(train && { train }),
        ...(callbacks && { callbacks: [callbacks] }),
        ...(signal && { signal }),
      })
    }
    signal?.throwIfAborted()
    const seconds = (performance.now() - start) / 1000
    const { test, testIds } = data
    const { rows: _, ...measures } = await measureSae(model, {
      ...{ source, at: settings.at, test, testIds },
      known: rows[0]?.losses,
    })
    const updates = train === false ? 0 : steps
    const row = { family, setting, updates, seconds, ...measures }
    rows.push(row)
    options.end(row)
    return row
  }
  for (const revive of [true, false]) {
    for (const k of sparsities) await run(topKContestant(settings, data, k, revive))
  }
  const tried: Tried[] = []
  const isNear = (target: number, { l0 }: Tried): boolean => Math.abs(l0 / target - 1) < NEAR
  // The densest first: with the smallest penalty it is the one that trains best.
  for (const target of [...sparsities].sort((a, b) => b - a)) {
    for (let n = 0; n < MOST_TRIES && !tried.some((one) => isNear(target, one)); n++) {
      const weight = nextWeight(tried, target, settings.l1)
      const { l0 } = await run(reluContestant(settings, data, weight))
      tried.push({ weight, l0 })
    }
  }
  for (const k of sparsities) await run(randomContestant(settings, data, k))
  const width = data.input[0] as number
  const directions = principalDirections(await sampleRows(data, PCA_ROWS), width)
  for (const k of sparsities) await run(pcaContestant(directions, Math.min(k, width)))
  return rows
}

/** The rows as a Markdown table. */
export function comparisonTable(rows: readonly ComparisonRow[]): string {
  const head = [
    ...['', 'setting', 'L0', 'explained variance', 'loss recovered', 'nats per token'],
    ...['dead latents', 'updates', 'seconds'],
  ]
  const cells = rows.map((row) => [
    row.family,
    row.setting,
    row.l0.toFixed(1),
    row.explainedVariance.toFixed(4),
    row.lossRecovered?.toFixed(4) ?? '-',
    row.losses.spliced.toFixed(3),
    `${number(row.deadLatents)} of ${number(row.latents)}`,
    number(row.updates),
    row.seconds.toFixed(0),
  ])
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i < 2 ? '---' : '---:'))), ...cells.map(line)].join(
    '\n',
  )
}
