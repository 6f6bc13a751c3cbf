/**
 * The page's side of a decoding worker.
 */
import { type BackendOptions, WinnowError } from '@winnow/core'
import type { CodecImage } from '../image/image.ts'
import type { DecoderAnswer, DecoderRequest } from './protocol.ts'

/** Options of {@link ImageDecoder}. */
export interface ImageDecoderOptions {
  /** Where the model's file is, relative to the page. */
  readonly model: string
  /** What the worker computes on; the best that works there by default. */
  readonly backend?: BackendOptions
}

/** The part of a `Worker` that is used. */
export interface DecoderWorker {
  onmessage: ((event: MessageEvent<DecoderAnswer>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  postMessage(request: DecoderRequest): void
  terminate(): void
}

interface Waiting {
  resolve(answer: DecoderAnswer): void
  reject(error: Error): void
}

/** Decodes files in a worker that runs `serveDecoder()`: the page stays free meanwhile. */
export class ImageDecoder {
  readonly #worker: DecoderWorker
  readonly #waiting = new Map<number, Waiting>()
  readonly #loaded: Promise<unknown>
  #next = 0
  /** Why no answer will come any more. */
  #ended: string | undefined

  constructor(worker: DecoderWorker, { model, backend }: ImageDecoderOptions) {
    this.#worker = worker
    worker.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id)
      this.#waiting.delete(data.id)
      if (data.error === undefined) waiting?.resolve(data)
      else waiting?.reject(new WinnowError(data.error))
    }
    worker.onerror = (event) => this.#end(`decoder: the worker failed: ${event.message}`)
    // A worker may lie elsewhere than the page, and so would a relative address.
    const url = new URL(model, globalThis.location?.href).href
    this.#loaded = this.#ask((id) => ({ id, load: { model: url, ...(backend && { backend }) } }))
    // Who decodes is told.
    this.#loaded.catch(() => undefined)
  }

  /** @throws WinnowError for a model that cannot be read, another model's file, or damage */
  async decode(bytes: Uint8Array): Promise<CodecImage> {
    await this.#loaded
    const { image } = await this.#ask((id) => ({ id, decode: bytes }))
    return image as CodecImage
  }

  /** Ends the worker; what is being decoded is refused. */
  dispose(): void {
    this.#worker.terminate()
    this.#end('decoder: it was disposed')
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #ask(request: (id: number) => DecoderRequest): Promise<DecoderAnswer> {
    const id = this.#next++
    if (this.#ended !== undefined) return Promise.reject(new WinnowError(this.#ended))
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage(request(id))
    })
  }

  #end(reason: string): void {
    this.#ended = reason
    for (const { reject } of this.#waiting.values()) reject(new WinnowError(reason))
    this.#waiting.clear()
  }
}
