/** For browsers: decoding in a worker, and an element that shows what was decoded. */
export type { DecoderWorker, ImageDecoderOptions } from './image-decoder.ts'
export { ImageDecoder } from './image-decoder.ts'
export type { DecodeRequest, DecoderAnswer, DecoderRequest, LoadRequest } from './protocol.ts'
export type { DecoderScope } from './serve-decoder.ts'
export { serveDecoder } from './serve-decoder.ts'
export type { WinnowImageElement, WinnowImageOptions } from './winnow-image.ts'
export { defineWinnowImage } from './winnow-image.ts'
