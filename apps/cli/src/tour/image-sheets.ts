/**
 * Many small images side by side as one picture, as large as pictures are that people send each other.
 */
import type { CodecImage } from '@winnow/compression'
import type { LoadedData } from '../data/loaded-data.ts'

/** The first `count` sheets of images in bytes, `rows` by `columns` of them on each; fewer where there are not so many. */
export function imageSheets(
  { images, shape }: Pick<LoadedData, 'images' | 'shape'>,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  count: number,
): CodecImage[] {
  const [items, height, width, channels] = shape as [number, number, number, number]
  const sheets = Math.min(count, Math.floor(items / (rows * columns)))
  const line = width * channels
  return Array.from({ length: sheets }, (_, sheet) => {
    const data = new Uint8Array(rows * columns * height * line)
    for (let place = 0; place < rows * columns; place++) {
      const [row, column] = [Math.floor(place / columns), place % columns]
      const from = (sheet * rows * columns + place) * height * line
      for (let y = 0; y < height; y++) {
        const to = ((row * height + y) * columns + column) * line
        data.set(images.subarray(from + y * line, from + (y + 1) * line), to)
      }
    }
    return { data, width: columns * width, height: rows * height, channels }
  })
}
