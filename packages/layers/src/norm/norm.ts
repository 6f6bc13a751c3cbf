/**
 * Norms by name, for networks described by plain JSON.
 */
import { unknownName } from '@winnow/core'
import type { LayerModule } from '../layer.ts'
import { BatchNorm } from './batch-norm.ts'
import { GroupNorm } from './group-norm.ts'
import { LayerNorm } from './layer-norm.ts'
import { RMSNorm } from './rms-norm.ts'

/** The norms by name; `none` is no norm. */
export type NormName = 'none' | 'batch' | 'group' | 'layer' | 'rms'

const norms: Readonly<Record<Exclude<NormName, 'none'>, (features: number) => LayerModule>> = {
  batch: (features) => new BatchNorm({ features }),
  /** As many groups as divide the features, at most 8. */
  group: (features) => new GroupNorm({ features, groups: largestDivisor(features, 8) }),
  layer: (features) => new LayerNorm({ features }),
  rms: (features) => new RMSNorm({ features }),
}

/**
 * The norm of this name over `features` with its default settings, or undefined for `none`.
 *
 * @throws WinnowError when there is none of this name
 */
export function norm(name: NormName, features: number): LayerModule | undefined {
  checkNorm(name)
  return name === 'none' ? undefined : norms[name](features)
}

/** @throws WinnowError when there is no norm of this name */
export function checkNorm(name: NormName): void {
  if (name !== 'none' && !Object.hasOwn(norms, name)) {
    throw unknownName('norm', name, ['none', ...Object.keys(norms)])
  }
}

function largestDivisor(value: number, atMost: number): number {
  for (let divisor = Math.min(atMost, value); divisor > 1; divisor--) {
    if (value % divisor === 0) return divisor
  }
  return 1
}
