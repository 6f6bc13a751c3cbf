/** For tests: a mask as rows of flags, read at once. */
import { dispose } from '@tensorflow/tfjs-core'
import { hiddenIndicator, type Mask } from '../mask.ts'

/** For each example, 1 for a hidden token and 0 for a kept one. */
export function hiddenRows(mask: Mask): number[][] {
  const indicator = hiddenIndicator(mask)
  const rows = indicator.arraySync() as number[][]
  dispose(indicator)
  return rows
}
