/**
 * The comparison of `winnow compare mae`: what a linear probe and neighbours make of one encoder trained in several ways,
 * and what an update costs with all patches encoded and with the visible ones alone.
 */
import { evaluate, type FitCallbacks, type Trainable } from '@winnow/core'
import { MAE } from '@winnow/mae'
import { number } from '../progress-bar.ts'
import { secondsPerStep } from '../run/pace.ts'
import { table } from '../table.ts'
import {
  type Contestant,
  fineTuned,
  masked,
  pixels,
  plain,
  RATIOS,
  supervised,
  trainContestant,
  untrained,
} from './contestants.ts'
import { FINAL_PROBE, featureQuality, type Quality } from './measure.ts'
import type { MaeData, MaeSettings } from './settings.ts'

/** One way of training, and what came of it. */
export interface ComparisonRow extends Quality {
  readonly name: string
  readonly ratio: number
  /** Share of the test items that the model's own head gets right, where it was trained with labels. */
  readonly ownHead: number | undefined
  readonly updates: number
  readonly seconds: number
}

/** What an update costs at a ratio. */
export interface Cost {
  readonly ratio: number
  readonly milliseconds: number
}

export interface Comparison {
  readonly rows: readonly ComparisonRow[]
  /** The first is that of the plain autoencoder, which encodes all patches. */
  readonly costs: readonly Cost[]
}

export interface CompareOptions {
  /** Updates of each contestant. */
  readonly steps: number
  readonly signal?: AbortSignal
  /** Told when a contestant begins, and what to call while it trains. */
  begin(name: string): FitCallbacks | undefined
  end(row: ComparisonRow): void
}

/** Rounds in which the costs are measured, one model after another in each: what slows the machine meets all alike. */
const ROUNDS = 3

/** Trains and measures all contestants, one after another. Stops between two of them when aborted. */
export async function compareMae(
  settings: MaeSettings,
  data: MaeData,
  options: CompareOptions,
): Promise<Comparison> {
  const { steps, signal } = options
  const makers: readonly (() => Contestant)[] = [
    () => pixels(data),
    () => untrained(settings, data),
    () => plain(settings, data),
    ...ratios(settings).map((ratio) => () => masked(settings, data, ratio)),
    () => supervised(settings, data),
  ]
  const rows: ComparisonRow[] = []
  const run = async (contestant: Contestant): Promise<void> => {
    signal?.throwIfAborted()
    const callbacks = options.begin(contestant.name)
    const start = performance.now()
    await trainContestant(contestant, settings, data, {
      steps,
      ...(callbacks && { callbacks: [callbacks] }),
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    const seconds = (performance.now() - start) / 1000
    const quality = await featureQuality(contestant.encoder, data, FINAL_PROBE)
    const { name, ratio, objective, classifier } = contestant
    const ownHead =
      classifier && (await evaluate(classifier as unknown as Trainable, data.test))['accuracy']
    const updates = objective === undefined ? 0 : steps
    const row = { name, ratio, ownHead, updates, seconds, ...quality }
    rows.push(row)
    options.end(row)
  }
  let pretrained: MAE | undefined
  for (const make of makers) {
    const contestant = make()
    await run(contestant)
    const { objective, encoder, ratio } = contestant
    if (encoder instanceof MAE && objective === encoder && ratio === settings.ratio) {
      pretrained = encoder
    } else {
      ;(objective ?? encoder).dispose()
    }
  }
  if (pretrained !== undefined) {
    const contestant = fineTuned(settings, data, pretrained)
    pretrained.dispose()
    await run(contestant)
    contestant.objective?.dispose()
  }
  return { rows, costs: await measureCosts(settings, data, steps) }
}

/** Milliseconds of an update with nothing hidden and at each ratio: medians over the rounds. */
async function measureCosts(
  settings: MaeSettings,
  data: MaeData,
  steps: number,
): Promise<readonly Cost[]> {
  const { training, stepsPerEpoch } = data
  // A short comparison is measured shortly.
  const budget = Math.min(20, steps / 50)
  const makers = [
    { ratio: 0, make: () => plain(settings, data) },
    ...ratios(settings).map((ratio) => ({ ratio, make: () => masked(settings, data, ratio) })),
  ]
  const times = makers.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { make }] of makers.entries()) {
      const model = (): NonNullable<Contestant['objective']> =>
        make().objective as NonNullable<Contestant['objective']>
      const pacing = { training, stepsPerEpoch, model }
      times[i]?.push(1000 * (await secondsPerStep(pacing, { budget })))
    }
  }
  return makers.map(({ ratio }, i) => ({ ratio, milliseconds: median(times[i] as number[]) }))
}

/** Those of the curve, and the one asked for. */
function ratios({ ratio }: MaeSettings): number[] {
  return [...new Set([...RATIOS, ratio])].sort((a, b) => a - b)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

/** The comparison as two tables of text. */
export function comparisonReport({ rows, costs }: Comparison): string {
  const percent = (share: number): string => (100 * share).toFixed(1)
  const quality = table(
    [
      [
        '',
        'linear probe, %',
        'neighbours, %',
        'own head, %',
        'effective rank',
        'updates',
        'seconds',
      ],
      ...rows.map((row) => [
        row.name,
        percent(row.linearProbe),
        percent(row.nearestNeighbours),
        row.ownHead === undefined ? '' : percent(row.ownHead),
        row.effectiveRank.toFixed(1),
        number(row.updates),
        row.seconds.toFixed(0),
      ]),
    ],
    [1, 2, 3, 4, 5, 6],
  )
  const [all] = costs
  const cost = table(
    [
      ['hidden', 'ms an update', 'times quicker than encoding all patches'],
      ...costs.map(({ ratio, milliseconds }) => [
        `${Math.round(100 * ratio)} %`,
        milliseconds.toFixed(1),
        ((all?.milliseconds ?? Number.NaN) / milliseconds).toFixed(2),
      ]),
    ],
    [0, 1, 2],
  )
  return `${quality}\n\n${cost}`
}
