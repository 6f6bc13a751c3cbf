/**
 * The picture of a language model's training: bits per byte as it learns, beside n-grams and gzip.
 */
import type { History } from '@winnow/core'
import { lineChart } from '../pictures/line-chart.ts'
import { levelCurve, trainingCurve } from '../pictures/run-curves.ts'
import type { LmMeasures } from './measure.ts'
import type { LmData } from './settings.ts'
import type { BitsPoint } from './watch.ts'

/** `curves.png`. */
export async function lmPictures(
  { tokensPerByte }: Pick<LmData, 'tokensPerByte'>,
  history: History,
  watched: readonly BitsPoint[] | undefined,
  measured: Pick<LmMeasures, 'nGram' | 'gzip'>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const training = trainingCurve(history, 'loss', {
    name: 'training',
    value: (nats) => (nats / Math.LN2) * tokensPerByte,
  })
  const level = (name: string, value: number) =>
    levelCurve(history, `${name} ${value.toFixed(2)}`, value)
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
