/**
 * Images as the page holds them, and the curves of a run.
 */
import type { History } from '@winnow/core'
import sharp from 'sharp'
import { type Images, imageGrid } from '../pictures/image-grid.ts'
import { levelCurve, trainingCurve } from '../pictures/run-curves.ts'
import type { Curve, PictureRow } from './chapter.ts'

/** Images side by side in one row, or in several with `columns`. */
export async function pictureRow(
  images: Images,
  options: { readonly label?: string; readonly columns?: number; readonly gap?: number } = {},
): Promise<PictureRow> {
  const { label, columns = images.shape[0] as number, gap = 0 } = options
  const png = await imageGrid(images, { columns, scale: 1, gap })
  const { width, height } = await sharp(png).metadata()
  const url = `data:image/png;base64,${Buffer.from(png).toString('base64')}`
  return { ...(label === undefined ? {} : { label }), url, width, height }
}

/** A metric over the updates. */
export function metricLine(
  history: History,
  metric: string,
  name: string,
  value?: (metric: number) => number,
): Curve['lines'][number] {
  return trainingCurve(history, metric, { name, ...(value && { value }) })
}

/** A level to compare with, over the updates of a run. */
export function levelLine(history: History, value: number, name: string): Curve['lines'][number] {
  const { x, y } = levelCurve(history, name, value)
  return { name, x, y, level: true }
}
