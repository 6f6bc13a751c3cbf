/**
 * How far apart a picture and what came back of it are.
 */
import { tensor, tidy } from '@tensorflow/tfjs-core'
import type { CodecImage } from '@winnow/compression'
import { multiScaleStructuralSimilarity } from '@winnow/core'

/** Pixels that both sides need for the similarity at five scales. */
const SMALLEST = 176

/** See {@link compareImages}. */
export interface ImageQuality {
  /** Mean square error of bytes, all channels together. */
  readonly meanSquaredError: number
  /** Decibels; infinite where nothing was lost. */
  readonly psnr: number
  /** In [0, 1]; undefined for a side below 176 pixels. */
  readonly multiScaleSimilarity: number | undefined
}

/** Two pictures in bytes, of one size and as many channels. */
export async function compareImages(a: CodecImage, b: CodecImage): Promise<ImageQuality> {
  let sum = 0
  for (let i = 0; i < a.data.length; i++) {
    sum += ((a.data[i] as number) - (b.data[i] as number)) ** 2
  }
  const meanSquaredError = sum / a.data.length
  const psnr = 10 * Math.log10(255 ** 2 / meanSquaredError)
  if (Math.min(a.width, a.height) < SMALLEST) {
    return { meanSquaredError, psnr, multiScaleSimilarity: undefined }
  }
  const similarity = tidy(() => {
    const [x, y] = [a, b].map(({ data, height, width, channels }) =>
      tensor(Float32Array.from(data), [1, height, width, channels]),
    ) as [ReturnType<typeof tensor>, ReturnType<typeof tensor>]
    return multiScaleStructuralSimilarity(x, y, { dataRange: 255 })
  })
  const [multiScaleSimilarity] = await similarity.data()
  similarity.dispose()
  return { meanSquaredError, psnr, multiScaleSimilarity }
}
