/**
 * The picture of a sparse autoencoder's training: the error in units of the data's variance.
 */
import type { History } from '@winnow/core'
import { lineChart } from '../pictures/line-chart.ts'
import { trainingCurve, validationCurve } from '../pictures/run-curves.ts'

/** `curves.png`. */
export async function saePictures(history: History): Promise<ReadonlyMap<string, Uint8Array>> {
  const picture = await lineChart({
    title: 'Training',
    xLabel: 'step',
    yLabel: 'squared error / variance',
    series: [
      trainingCurve(history, 'reconstruction', { name: 'training' }),
      ...validationCurve(history, 'reconstruction', { name: 'validation' }),
    ],
  })
  return new Map([['curves.png', picture]])
}
