export { type BlockMaskOptions, type BlockMaskSpec, blockMask } from './block.ts'
export {
  defineMaskStrategy,
  type MaskDescription,
  type MaskStrategyBuilder,
  maskStrategy,
  tubeMask,
} from './define.ts'
export { type GridMaskOptions, type GridMaskSpec, gridMask } from './grid.ts'
export {
  drawMask,
  type HideTokens,
  hiddenIndicator,
  type Mask,
  type MaskCount,
  maskFromHidden,
  maskIndices,
} from './mask.ts'
export { type MaskImageOptions, maskImage, type Pixels } from './picture.ts'
export { type RandomMaskSpec, randomMask } from './random.ts'
export { sampleWithoutReplacement } from './sample.ts'
export {
  type DrawOptions,
  hostMaskStrategy,
  type MaskSpec,
  type MaskStrategy,
  type MaskStrategyParts,
  type RatioOptions,
} from './strategy.ts'
export { hiddenTokens, keepTokens, restoreTokens } from './tokens.ts'
export type { TubeMaskOptions, TubeMaskSpec } from './tube.ts'
export {
  type WholeWordMaskSpec,
  type WholeWordOptions,
  wholeWordFlags,
  wholeWordMask,
} from './whole-word.ts'
