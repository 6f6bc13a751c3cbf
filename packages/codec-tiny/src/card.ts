/**
 * What is told of the codec: `weights/card.json`.
 */
import type { HyperpriorCodecConfig } from '@winnow/compression'

/** Means over whole test pictures, of files that were written and decoded again. */
export interface TinyCodecPoint {
  readonly quality: number
  readonly bitsPerPixel: number
  /** Decibels. */
  readonly psnr: number
  readonly multiScaleSimilarity?: number
}

/** See the top of the file. */
export interface TinyCodecCard {
  readonly config: HyperpriorCodecConfig
  readonly parameters: number
  /** Of `model.safetensors`. */
  readonly bytes: number
  readonly sha256: string
  /** What files that it wrote are marked with. */
  readonly fingerprint: string
  /** The photos that it was trained on, as `winnow train codec --data` names them. */
  readonly data: string
  /** What trained it. */
  readonly command: string
  readonly updates: number
  readonly minutes: number
  readonly backend: string
  readonly pictures: number
  readonly points: readonly TinyCodecPoint[]
}
