/**
 * Images as the page holds them, and the curves of a run.
 */
import type { History } from '@winnow/core'
import sharp from 'sharp'
import { type Images, imageGrid } from '../pictures/image-grid.ts'
import type { Curve, PictureRow } from './chapter.ts'

/** Points of a curve. */
const MOST_POINTS = 120

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

/** A metric over the updates: means of groups, for single batches differ more than the curve falls. */
export function metricLine(
  { steps }: History,
  metric: string,
  name: string,
  value: (metric: number) => number = (same) => same,
): Curve['lines'][number] {
  const size = Math.max(1, Math.ceil(steps.length / MOST_POINTS))
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  )
  return {
    name,
    x: groups.map((group) => group.at(-1)?.step ?? 0),
    y: groups.map((group) =>
      value(
        group.reduce((sum, { metrics }) => sum + (metrics[metric] ?? Number.NaN), 0) / group.length,
      ),
    ),
  }
}

/** A level to compare with, over the updates of a run. */
export function levelLine({ steps }: History, value: number, name: string): Curve['lines'][number] {
  const ends = [steps[0]?.step ?? 0, steps.at(-1)?.step ?? 1]
  return { name, x: ends, y: [value, value], level: true }
}
