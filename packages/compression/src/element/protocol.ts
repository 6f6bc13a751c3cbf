/**
 * What a page and its decoding worker say to each other: one request at a time is answered by its number.
 */
import type { BackendOptions } from '@winnow/core'
import type { CodecImage } from '../image/image.ts'

/** Reads a model; must come first. */
export interface LoadRequest {
  readonly id: number
  readonly load: { readonly model: string; readonly backend?: BackendOptions }
}

/** Decodes a file. */
export interface DecodeRequest {
  readonly id: number
  readonly decode: Uint8Array
}

export type DecoderRequest = LoadRequest | DecodeRequest

/** What was decoded, nothing for a model that was read, or what went wrong. */
export interface DecoderAnswer {
  readonly id: number
  readonly image?: CodecImage
  readonly error?: string
}
