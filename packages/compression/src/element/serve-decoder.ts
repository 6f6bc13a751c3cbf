/**
 * The worker's side: a worker's file is one line, `serveDecoder()`.
 */
import { type BackendOptions, useBackend, WinnowError } from '@winnow/core'
import { decompressImage } from '../image/decompress-image.ts'
import { restoreCodec } from '../image/restore-codec.ts'
import type { TileCodec } from '../image/tile-codec.ts'
import type { DecoderAnswer, DecoderRequest } from './protocol.ts'

/** The part of a worker's global scope that is used. */
export interface DecoderScope {
  onmessage: ((event: MessageEvent<DecoderRequest>) => void) | null
  postMessage(answer: DecoderAnswer, transfer: Transferable[]): void
}

/** Answers the messages of an `ImageDecoder`, one after another. Call it once, in a worker. */
export function serveDecoder(scope: DecoderScope = globalThis as unknown as DecoderScope): void {
  let codec: TileCodec | undefined
  const answer = async (request: DecoderRequest): Promise<DecoderAnswer> => {
    const { id } = request
    if ('load' in request) {
      codec = await loaded(request.load)
      return { id }
    }
    if (codec === undefined) throw new WinnowError('decoder: no model was loaded')
    return { id, image: await decompressImage(request.decode, codec) }
  }
  let last: Promise<void> = Promise.resolve()
  scope.onmessage = ({ data }) => {
    last = last.then(async () => {
      try {
        const { image, id } = await answer(data)
        const transfer = image === undefined ? [] : [image.data.buffer as ArrayBuffer]
        scope.postMessage({ id, ...(image && { image }) }, transfer)
      } catch (error) {
        scope.postMessage({ id: data.id, error: (error as Error).message }, [])
      }
    })
  }
}

async function loaded({ model, backend = {} }: { model: string; backend?: BackendOptions }) {
  await useBackend(backend)
  return restoreCodec(await fetchBytes(model), { name: model })
}

/** @throws WinnowError where there is no such file, or no connection */
export async function fetchBytes(url: string): Promise<Uint8Array> {
  let response: Response
  try {
    response = await fetch(url)
  } catch (cause) {
    throw new WinnowError(`${url}: cannot be fetched: ${(cause as Error).message}`, { cause })
  }
  if (!response.ok) {
    throw new WinnowError(`${url}: cannot be fetched: ${response.status} ${response.statusText}`)
  }
  return new Uint8Array(await response.arrayBuffer())
}
