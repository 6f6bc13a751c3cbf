export { type ImageMask, MAE, type MAECode, type MAEConfig } from './mae.ts'
export { MaskedDecoder, type MaskedDecoderConfig, type TransformerSize } from './masked-decoder.ts'
export {
  meanWhere,
  type PatchTarget,
  patchError,
  patchTargets,
  targetsToPixels,
} from './patch-targets.ts'
