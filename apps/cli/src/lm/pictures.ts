/**
 * The picture of a language model's training: bits per byte as it learns, beside n-grams and gzip.
 */
import type { History } from '@winnow/core'
import { lineChart } from '../pictures/line-chart.ts'
import type { LmMeasures } from './measure.ts'
import type { LmData } from './settings.ts'
import type { BitsPoint } from './watch.ts'

/** Points of the training curve. */
const SHOWN = 200

/** `curves.png`. */
export async function lmPictures(
  { tokensPerByte }: Pick<LmData, 'tokensPerByte'>,
  history: History,
  watched: readonly BitsPoint[] | undefined,
  measured: Pick<LmMeasures, 'nGram' | 'gzip'>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { steps } = history
  const size = Math.max(1, Math.ceil(steps.length / SHOWN))
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  )
  const training = {
    name: 'training',
    x: groups.map((group) => group.at(-1)?.step ?? 0),
    // The mean of a group: single batches differ more than the curve falls.
    y: groups.map(
      (group) =>
        (group.reduce((sum, { metrics }) => sum + (metrics['loss'] ?? Number.NaN), 0) /
          group.length /
          Math.LN2) *
        tokensPerByte,
    ),
  }
  const ends = [steps[0]?.step ?? 0, steps.at(-1)?.step ?? 0]
  const level = (name: string, value: number) => ({
    name: `${name} ${value.toFixed(2)}`,
    dashed: true,
    x: ends,
    y: [value, value],
  })
  const points = watched ?? []
  const validation = {
    name: 'validation',
    x: points.map(({ step }) => step),
    y: points.map(({ bitsPerByte }) => bitsPerByte),
  }
  const picture = await lineChart({
    title: 'Training',
    xLabel: 'step',
    yLabel: 'bits per byte',
    series: [
      training,
      ...(points.length > 0 ? [validation] : []),
      level('n-grams', measured.nGram),
      level('gzip', measured.gzip),
    ],
  })
  return new Map([['curves.png', picture]])
}
