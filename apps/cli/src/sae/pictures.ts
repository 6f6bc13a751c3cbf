/**
 * The picture of a sparse autoencoder's training: the error in units of the data's variance.
 */
import type { History } from '@winnow/core'
import { lineChart } from '../pictures/line-chart.ts'

/** Points of the training curve. */
const SHOWN = 200

/** `curves.png`. */
export async function saePictures({
  steps,
  epochs,
}: History): Promise<ReadonlyMap<string, Uint8Array>> {
  const size = Math.max(1, Math.ceil(steps.length / SHOWN))
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  )
  const training = {
    name: 'training',
    x: groups.map((group) => group.at(-1)?.step ?? 0),
    y: groups.map(
      (group) =>
        group.reduce((sum, { metrics }) => sum + (metrics['reconstruction'] ?? Number.NaN), 0) /
        group.length,
    ),
  }
  const seen = epochs.filter(({ validation }) => validation !== undefined)
  const stepsAt = (epoch: number): number =>
    epochs.slice(0, epoch).reduce((sum, record) => sum + record.steps, 0)
  const validation = {
    name: 'validation',
    x: seen.map(({ epoch }) => stepsAt(epoch)),
    y: seen.map((epoch) => epoch.validation?.['reconstruction'] ?? Number.NaN),
  }
  const picture = await lineChart({
    title: 'Training',
    xLabel: 'step',
    yLabel: 'squared error / variance',
    series: [training, ...(seen.length > 0 ? [validation] : [])],
  })
  return new Map([['curves.png', picture]])
}
