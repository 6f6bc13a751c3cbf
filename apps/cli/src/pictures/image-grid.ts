/**
 * Many small images in one PNG: originals above reconstructions, samples, walks through a latent space.
 */
import { WinnowError } from '@winnow/core'
import sharp from 'sharp'
import { strokeText, textWidth } from './stroke-font.ts'

/** Images `[count, height, width, channels]` of 1, 3 or 4 channels: bytes, or numbers from 0 to 1 (clipped to that). */
export interface Images {
  readonly data: Uint8Array | Float32Array
  readonly shape: readonly number[]
}

/** How the grid looks. */
export interface ImageGridOptions {
  /** Images in a row; about a square by default. */
  readonly columns?: number
  /** Screen pixels for each pixel of an image; by default as many as make images about 56 pixels wide. */
  readonly scale?: number
  /** Pixels between images; 2 by default. */
  readonly gap?: number
  /** A text for each row, to its left. */
  readonly labels?: readonly string[]
}

const textSize = 10

/** The images row by row on white, as PNG. */
export async function imageGrid(
  images: Images,
  options: ImageGridOptions = {},
): Promise<Uint8Array> {
  const [count, height, width, channels] = checkImages(images)
  const scale = options.scale ?? Math.max(1, Math.round(56 / Math.max(height, width)))
  const { columns = Math.ceil(Math.sqrt(count)), gap = 2, labels } = options
  checkWhole('columns', columns, 1)
  checkWhole('scale', scale, 1)
  checkWhole('gap', gap, 0)
  const rows = Math.ceil(count / columns)
  if (labels !== undefined && labels.length !== rows) {
    throw new WinnowError(`labels: ${labels.length} came for ${rows} rows, expected one for each`)
  }
  const margin =
    labels === undefined
      ? 0
      : Math.ceil(Math.max(...labels.map((label) => textWidth(label, textSize)))) + 20
  const cellWidth = width * scale + gap
  const cellHeight = height * scale + gap
  const canvas = {
    width: margin + Math.min(columns, count) * cellWidth + gap,
    height: rows * cellHeight + gap,
  }
  const pixels = new Uint8Array(canvas.width * canvas.height * 3).fill(255)
  const bytes = toBytes(images.data)
  const colour = channels >= 3 ? [0, 1, 2] : [0, 0, 0]
  for (let image = 0; image < count; image++) {
    const left = margin + gap + (image % columns) * cellWidth
    const top = gap + Math.floor(image / columns) * cellHeight
    for (let y = 0; y < height * scale; y++) {
      const row = (image * height + Math.floor(y / scale)) * width
      for (let x = 0; x < width * scale; x++) {
        const from = (row + Math.floor(x / scale)) * channels
        const to = ((top + y) * canvas.width + left + x) * 3
        const opacity = channels === 4 ? (bytes[from + 3] as number) / 255 : 1
        for (let c = 0; c < 3; c++) {
          const value = bytes[from + (colour[c] as number)] as number
          pixels[to + c] = Math.round(value * opacity + 255 * (1 - opacity))
        }
      }
    }
  }
  const picture = sharp(pixels, { raw: { ...canvas, channels: 3 } })
  if (labels !== undefined) {
    const texts = labels.map((label, row) =>
      strokeText(label, margin - 10, gap + (row + 0.5) * cellHeight + textSize / 2, {
        anchor: 'end',
        size: textSize,
      }),
    )
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.width}" height="${canvas.height}">${texts.join('')}</svg>`
    picture.composite([{ input: new TextEncoder().encode(svg) as Buffer }])
  }
  return picture.png().toBuffer()
}

/** The images of several sets one after another; all of one size. With as many columns as a set has, each is a row. */
export function stackImages(...sets: readonly Images[]): Images {
  const [first] = sets
  if (first === undefined) throw new WinnowError('sets: none came, expected at least one')
  const item = first.shape.slice(1)
  const total = sets.reduce((sum, set) => sum + set.data.length, 0)
  const data = new Uint8Array(total)
  let offset = 0
  let count = 0
  for (const set of sets) {
    const [setCount, ...setItem] = checkImages(set)
    if (setItem.some((size, axis) => size !== item[axis])) {
      throw new WinnowError(`sets: images of [${setItem}] came beside [${item}], expected one size`)
    }
    data.set(toBytes(set.data), offset)
    offset += set.data.length
    count += setCount
  }
  return { data, shape: [count, ...item] }
}

function toBytes(data: Uint8Array | Float32Array): Uint8Array {
  if (data instanceof Uint8Array) return data
  return new Uint8Array(Uint8ClampedArray.from(data, (value) => 255 * value).buffer)
}

function checkImages({ data, shape }: Images): [number, number, number, number] {
  const size = shape.reduce((product, axis) => product * axis, 1)
  if (
    shape.length !== 4 ||
    size !== data.length ||
    size === 0 ||
    ![1, 3, 4].includes(shape[3] as number)
  ) {
    throw new WinnowError(
      `images: ${data.length} values with shape [${shape}] came, expected [count, height, width, channels] ` +
        'with 1, 3 or 4 channels and at least one image',
    )
  }
  return shape as unknown as [number, number, number, number]
}

function checkWhole(argument: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new WinnowError(`${argument}: ${value} came, expected a whole number >= ${least}`)
}
