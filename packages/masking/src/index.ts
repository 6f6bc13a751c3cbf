export { defineMaskStrategy, type MaskStrategyBuilder, maskStrategy } from './define.ts'
export {
  drawMask,
  type HideTokens,
  hiddenIndicator,
  type Mask,
  type MaskCount,
  maskFromHidden,
} from './mask.ts'
export { type RandomMaskSpec, randomMask } from './random.ts'
export type { DrawOptions, MaskSpec, MaskStrategy, RatioOptions } from './strategy.ts'
export { hiddenTokens, keepTokens, restoreTokens } from './tokens.ts'
