export type { Container, ContainerKind, ModelMark } from './container/container.ts'
export { checkModel, readContainer, writeContainer } from './container/container.ts'
export { fingerprint } from './container/fingerprint.ts'
export type { QuantiseOptions } from './entropy-coding/frequency-table.ts'
export {
  FrequencyTable,
  quantiseFrequencies,
  tablesFromIntegers,
  tablesToIntegers,
} from './entropy-coding/frequency-table.ts'
export { gaussianScales, gaussianTables } from './entropy-coding/gaussian-tables.ts'
export { SymbolReader } from './entropy-coding/symbol-reader.ts'
export { SymbolWriter } from './entropy-coding/symbol-writer.ts'
export { bitsOf, quantised, roundStraight } from './entropy-model/bits.ts'
export type {
  ChannelProbabilities,
  EntropyResult,
  FactorizedEntropyConfig,
} from './entropy-model/factorized-entropy.ts'
export { FactorizedEntropy } from './entropy-model/factorized-entropy.ts'
export { gaussianLikelihood, scalesOf } from './entropy-model/gaussian-conditional.ts'
export type { BjontegaardOptions, RatePoint } from './image/bjontegaard.ts'
export { bjontegaardRate } from './image/bjontegaard.ts'
export type { CompressOptions } from './image/compress-image.ts'
export { compressImage } from './image/compress-image.ts'
export type {
  CompressedImageInfo,
  DecompressOptions,
  ImageStrip,
} from './image/decompress-image.ts'
export { decompressImage, decompressStrips, readImageInfo } from './image/decompress-image.ts'
export type { CodecImage } from './image/image.ts'
export { restoreCodec } from './image/restore-codec.ts'
export type { TileCodec, TileSize } from './image/tile-codec.ts'
export type {
  IntegerConv,
  IntegerDepthToSpace,
  IntegerNetworkConfig,
} from './integer/config.ts'
export type { QuantiseNetworkOptions, TrainedLayer } from './integer/integer-network.ts'
export { IntegerNetwork } from './integer/integer-network.ts'
export type { Symbols } from './model/coding/symbols.ts'
export { bitsOfSymbols } from './model/coding/symbols.ts'
export type { ContextName } from './model/coding-order.ts'
export { FactorizedPriorCodec } from './model/factorized-prior-codec.ts'
export type { HyperpriorCodecConfig } from './model/hyperprior-codec.ts'
export { HyperpriorCodec } from './model/hyperprior-codec.ts'
export type { LatentCodecConfig, RatedLatents, StartName } from './model/latent-codec.ts'
export { LatentCodec } from './model/latent-codec.ts'
export type { LatentDecoderConfig } from './walloc/latent-decoder.ts'
export type { GreyImage, LatentArray } from './walloc/latent-image.ts'
export { imageToLatent, latentToImage } from './walloc/latent-image.ts'
export type { WallocConfig } from './walloc/walloc.ts'
export { Walloc } from './walloc/walloc.ts'
