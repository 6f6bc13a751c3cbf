export type { ActivationFunction, ActivationName } from './activation.ts'
export { Activation, activation, gelu, geluTanh, initializerFor, silu } from './activation.ts'
export type { KeyValueCacheConfig } from './attention/key-value-cache.ts'
export { KeyValueCache } from './attention/key-value-cache.ts'
export {
  blockMask,
  bothMasks,
  causalMask,
  paddingMask,
  prefixMask,
  windowMask,
} from './attention/masks.ts'
export type {
  AttentionOptions,
  MultiHeadAttentionConfig,
} from './attention/multi-head-attention.ts'
export { MultiHeadAttention } from './attention/multi-head-attention.ts'
export type {
  AttentionObserver,
  AttentionSeen,
  ScaledDotProductOptions,
} from './attention/scaled-dot-product.ts'
export { scaledDotProductAttention } from './attention/scaled-dot-product.ts'
export type { ConvTranspose1dConfig } from './conv/conv-transpose1d.ts'
export { ConvTranspose1d } from './conv/conv-transpose1d.ts'
export type { ConvTranspose2dConfig } from './conv/conv-transpose2d.ts'
export { ConvTranspose2d } from './conv/conv-transpose2d.ts'
export type { ConvTranspose3dConfig } from './conv/conv-transpose3d.ts'
export { ConvTranspose3d } from './conv/conv-transpose3d.ts'
export type { Conv1dConfig } from './conv/conv1d.ts'
export { Conv1d } from './conv/conv1d.ts'
export type { Conv2dConfig } from './conv/conv2d.ts'
export { Conv2d } from './conv/conv2d.ts'
export type { Conv3dConfig } from './conv/conv3d.ts'
export { Conv3d } from './conv/conv3d.ts'
export type { DepthwiseConv1dConfig } from './conv/depthwise-conv1d.ts'
export { DepthwiseConv1d } from './conv/depthwise-conv1d.ts'
export type { DepthwiseConv2dConfig } from './conv/depthwise-conv2d.ts'
export { DepthwiseConv2d } from './conv/depthwise-conv2d.ts'
export type { Padding, Size2d, Size3d } from './conv/kernel.ts'
export type { DropPathConfig } from './drop-path.ts'
export { DropPath } from './drop-path.ts'
export type { DropoutConfig } from './dropout.ts'
export { Dropout } from './dropout.ts'
export type { EmbeddingConfig } from './embedding.ts'
export { checkIds, Embedding } from './embedding.ts'
export type { FeedForwardConfig } from './feed-forward.ts'
export { FeedForward } from './feed-forward.ts'
export type { Fans, Initializer, InitializerName } from './init.ts'
export {
  heNormal,
  heUniform,
  initializer,
  lecunNormal,
  ones,
  truncatedNormal,
  truncatedNormalValues,
  xavierNormal,
  xavierUniform,
  zeros,
} from './init.ts'
export type { Layer, LayerModule } from './layer.ts'
export type { LinearConfig } from './linear.ts'
export { Linear } from './linear.ts'
export type { ConvDecoderConfig, ConvDecoderSpec } from './network/conv-decoder.ts'
export { ConvDecoder, convDecoder } from './network/conv-decoder.ts'
export type { ConvEncoderConfig, ConvEncoderSpec, ConvOptions } from './network/conv-encoder.ts'
export { ConvEncoder, convEncoder } from './network/conv-encoder.ts'
export type { MlpConfig, MlpSpec } from './network/mlp.ts'
export { Mlp, mlp } from './network/mlp.ts'
export type { Network } from './network/network.ts'
export { defineNetwork, network } from './network/network.ts'
export type { ResidualBlockConfig } from './network/residual-block.ts'
export { ResidualBlock } from './network/residual-block.ts'
export type { NetworkBuilder, NetworkFunction, NetworkShapes, NetworkSpec } from './network/spec.ts'
export type { Stage, StageOptions } from './network/stage.ts'
export type {
  UNetConfig,
  UNetDownLevel,
  UNetOptions,
  UNetSpec,
  UNetUpLevel,
} from './network/unet.ts'
export { UNet, unet } from './network/unet.ts'
export type { BatchNormConfig } from './norm/batch-norm.ts'
export { BatchNorm } from './norm/batch-norm.ts'
export type { GdnConfig } from './norm/gdn.ts'
export { Gdn } from './norm/gdn.ts'
export type { GroupNormConfig } from './norm/group-norm.ts'
export { GroupNorm } from './norm/group-norm.ts'
export type { LayerNormConfig } from './norm/layer-norm.ts'
export { LayerNorm } from './norm/layer-norm.ts'
export { lowerBound } from './norm/lower-bound.ts'
export type { NormName } from './norm/norm.ts'
export { norm } from './norm/norm.ts'
export type { RMSNormConfig } from './norm/rms-norm.ts'
export { RMSNorm } from './norm/rms-norm.ts'
export { patchGrid, patchify, unpatchify } from './patch/patchify.ts'
export type { AlibiOptions } from './position/alibi.ts'
export { alibi } from './position/alibi.ts'
export type { LearnedPositionsConfig } from './position/learned.ts'
export { LearnedPositions } from './position/learned.ts'
export type { Positions } from './position/positions.ts'
export type { RotaryOptions, RotaryPlaces } from './position/rotary.ts'
export { rotary } from './position/rotary.ts'
export type {
  SinCosOptions,
  SinCosPositionsConfig,
  SinCosPositionsOptions,
} from './position/sin-cos.ts'
export { SinCosPositions, sinCos, sinCosPositions } from './position/sin-cos.ts'
export type { FiniteScalarQuantizerConfig } from './quantize/finite-scalar-quantizer.ts'
export { FiniteScalarQuantizer } from './quantize/finite-scalar-quantizer.ts'
export type { LookupFreeQuantizerConfig } from './quantize/lookup-free-quantizer.ts'
export { LookupFreeQuantizer } from './quantize/lookup-free-quantizer.ts'
export type { Quantizer, QuantizerResult } from './quantize/quantizer.ts'
export { straightThrough } from './quantize/quantizer.ts'
export type {
  ResidualQuantizerConfig,
  ResidualQuantizerResult,
} from './quantize/residual-quantizer.ts'
export { ResidualQuantizer } from './quantize/residual-quantizer.ts'
export type { VectorQuantizerConfig } from './quantize/vector-quantizer.ts'
export { VectorQuantizer } from './quantize/vector-quantizer.ts'
export { Flatten, Reshape } from './reshape.ts'
export { Sequential } from './sequential.ts'
export type { Shape } from './shape.ts'
export { sizeOf } from './shape.ts'
export { tokenLosses } from './token-losses.ts'
export type {
  TextPositions,
  TextTransformerConfig,
  TextTransformerOptions,
  TextTransformerResult,
} from './transformer/text-transformer.ts'
export { TextTransformer } from './transformer/text-transformer.ts'
export type {
  CacheSize,
  TokenPlace,
  TransformerConfig,
  TransformerIntermediates,
  TransformerOptions,
} from './transformer/transformer.ts'
export { Transformer } from './transformer/transformer.ts'
export type {
  TransformerBlockConfig,
  TransformerBlockOptions,
  TransformerBranch,
  TransformerNorm,
} from './transformer/transformer-block.ts'
export { TransformerBlock } from './transformer/transformer-block.ts'
export type {
  VisionTransformerConfig,
  VisionTransformerResult,
} from './transformer/vision-transformer.ts'
export { VisionTransformer } from './transformer/vision-transformer.ts'
export type { WaveletBoundary, WaveletName } from './wavelet/lifting.ts'
export {
  inverseWaveletPacket,
  type WaveletPacketOptions,
  waveletPacket,
} from './wavelet/wavelet-packet.ts'
export type { WeightArray, WeightConversion } from './weights/arrays.ts'
export { parts, patchKernel, transposed, unchanged, withoutAxes } from './weights/arrays.ts'
export { bert } from './weights/bert.ts'
export { facebookMae, facebookMaeEncoder } from './weights/facebook-mae.ts'
export { gpt2 } from './weights/gpt2.ts'
export type { LoadedWeights, LoadWeightsOptions, WeightSource } from './weights/load-weights.ts'
export { loadWeights } from './weights/load-weights.ts'
export type { WeightMapping, WeightRule } from './weights/mapping.ts'
export { inside, sameNames, weightAndBias } from './weights/mapping.ts'
export { timmVit } from './weights/timm-vit.ts'
