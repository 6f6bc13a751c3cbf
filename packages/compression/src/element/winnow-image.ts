/**
 * `<winnow-image src="photo.wnw" alt="...">`: shows a compressed picture as `<img>` shows others.
 */
import { check } from '@winnow/core'
import type { CodecImage } from '../image/image.ts'
import { colourChannels } from '../image/image.ts'
import { type DecoderWorker, ImageDecoder, type ImageDecoderOptions } from './image-decoder.ts'
import { fetchBytes } from './serve-decoder.ts'

/** Options of {@link defineWinnowImage}. */
export interface WinnowImageOptions extends ImageDecoderOptions {
  /**
   * Makes the worker, in which `serveDecoder()` is called: `() => new Worker(new URL('./decoder.ts', import.meta.url), { type:
   * 'module' })`, in the words that bundlers know. It is made for the first picture, and serves all.
   */
  readonly worker: () => DecoderWorker | Worker
  /** The element's name; `winnow-image` by default. */
  readonly name?: string
}

/** What the element adds to others: `load` and `error` are dispatched as `<img>` does. */
export interface WinnowImageElement extends HTMLElement {
  src: string
  alt: string
  /** Pixels of the picture that is shown, 0 before there is one. */
  readonly naturalWidth: number
  readonly naturalHeight: number
  /** Whether nothing is on its way: a picture is shown, or failed, or none was asked for. */
  readonly complete: boolean
}

/**
 * Defines the element. An `error` event is an `ErrorEvent` with the reason in words.
 *
 * @throws WinnowError where the name is taken
 */
export function defineWinnowImage(options: WinnowImageOptions): void {
  const { name = 'winnow-image', worker, ...rest } = options
  check(
    customElements.get(name) === undefined,
    () => `defineWinnowImage: an element <${name}> is defined already`,
  )
  let decoder: ImageDecoder | undefined
  const decode = (bytes: Uint8Array): Promise<CodecImage> => {
    decoder ??= new ImageDecoder(worker() as DecoderWorker, rest)
    return decoder.decode(bytes)
  }

  class WinnowImage extends HTMLElement implements WinnowImageElement {
    static readonly observedAttributes: string[] = ['src', 'alt']
    readonly #canvas = document.createElement('canvas')
    #shown = ''
    #complete = true

    constructor() {
      super()
      const style = document.createElement('style')
      style.textContent =
        ':host { display: inline-block } canvas { display: block; max-width: 100% }'
      this.#canvas.width = 0
      this.#canvas.height = 0
      this.#canvas.setAttribute('role', 'img')
      this.attachShadow({ mode: 'open' }).append(style, this.#canvas)
    }

    get src(): string {
      return this.getAttribute('src') ?? ''
    }

    set src(value: string) {
      this.setAttribute('src', value)
    }

    get alt(): string {
      return this.getAttribute('alt') ?? ''
    }

    set alt(value: string) {
      this.setAttribute('alt', value)
    }

    get naturalWidth(): number {
      return this.#canvas.width
    }

    get naturalHeight(): number {
      return this.#canvas.height
    }

    get complete(): boolean {
      return this.#complete
    }

    connectedCallback(): void {
      void this.#show()
    }

    attributeChangedCallback(attribute: string): void {
      if (attribute === 'alt') this.#canvas.setAttribute('aria-label', this.alt)
      else if (this.isConnected) void this.#show()
    }

    async #show(): Promise<void> {
      const { src } = this
      if (src === this.#shown) return
      this.#shown = src
      if (src === '') {
        this.#canvas.width = 0
        this.#canvas.height = 0
        return
      }
      this.#complete = false
      try {
        const image = await decode(await fetchBytes(new URL(src, document.baseURI).href))
        // Another was asked for meanwhile.
        if (this.#shown !== src) return
        draw(this.#canvas, image)
        this.#complete = true
        this.dispatchEvent(new Event('load'))
      } catch (error) {
        if (this.#shown !== src) return
        this.#complete = true
        this.dispatchEvent(new ErrorEvent('error', { error, message: (error as Error).message }))
      }
    }
  }
  customElements.define(name, WinnowImage)
}

function draw(canvas: HTMLCanvasElement, { data, width, height, channels }: CodecImage): void {
  canvas.width = width
  canvas.height = height
  const shift = data instanceof Uint16Array ? 8 : 0
  const colours = colourChannels(channels)
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels
    for (let channel = 0; channel < 3; channel++) {
      const at = from + (colours === 1 ? 0 : channel)
      pixels[4 * pixel + channel] = (data[at] as number) >> shift
    }
    pixels[4 * pixel + 3] = channels === colours ? 255 : (data[from + colours] as number) >> shift
  }
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0)
}
