export type { TinyCodecCard, TinyCodecPoint } from './card.ts'
export { type LoadOptions, loadTinyCodec, loadTinyCodecCard } from './load-tiny-codec.ts'
