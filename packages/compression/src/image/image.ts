/**
 * Pictures as they come and go: bytes, or 16-bit numbers, in rows, channels together.
 */
import { check } from '@winnow/core'

/** A picture. Rows from the top, and in each the pixels from the left with all their channels. */
export interface CodecImage {
  /** `height * width * channels` numbers; as 16-bit numbers they are the picture's whole range, 0 to 65,535. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array
  readonly width: number
  readonly height: number
  /** 1 grey, 2 grey and alpha, 3 red, green and blue, 4 these and alpha. */
  readonly channels: number
}

/** The longest side that is written or read. */
export const LONGEST_SIDE: number = 2 ** 24

/** @throws WinnowError for a picture that is none */
export function checkImage({ data, width, height, channels }: CodecImage): void {
  check(
    [width, height].every((side) => Number.isInteger(side) && side > 0 && side <= LONGEST_SIDE),
    () => `image: ${width} x ${height} came, expected whole numbers from 1 to ${LONGEST_SIDE}`,
  )
  check(
    channels === 1 || channels === 2 || channels === 3 || channels === 4,
    () => `image: channels: ${channels} came, expected 1 to 4`,
  )
  check(
    data.length === width * height * channels,
    () =>
      `image: data of ${data.length} came, expected ${width} x ${height} x ${channels} = ${width * height * channels}`,
  )
}

/** How many channels hold colour: alpha is the last of 2 or 4. */
export function colourChannels(channels: number): number {
  return channels <= 2 ? 1 : 3
}
