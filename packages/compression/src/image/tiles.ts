/**
 * A picture in tiles, so that what a model computes with does not grow with the picture.
 */

/** A part of a picture, in pixels. */
export interface Tile {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Tiles of `size` pixels a side in rows from the top left; the last ones of a row and a column may be smaller.
 */
export function* tilesOf(width: number, height: number, size: number): Generator<Tile> {
  for (let y = 0; y < height; y += size) {
    for (let x = 0; x < width; x += size) {
      yield { x, y, width: Math.min(size, width - x), height: Math.min(size, height - y) }
    }
  }
}

/** How many {@link tilesOf} gives. */
export function tileCount(width: number, height: number, size: number): number {
  return Math.ceil(width / size) * Math.ceil(height / size)
}

/** The next multiple of `stride`. */
export function padded(length: number, stride: number): number {
  return Math.ceil(length / stride) * stride
}
