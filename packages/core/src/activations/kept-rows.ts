/**
 * Which rows of a batch of activations are kept: those of true items and true tokens, without the first ones.
 */
import type { HostBatch } from '../data/host-array.ts'
import { sizeOf } from '../data/host-array.ts'
import { check } from '../error.ts'

/**
 * The numbers of the rows to keep, in order.
 *
 * @param shape of the activations: `[batch, ..., width]`, the batch filled up
 * @param options.mask a field of the batch, `[batch, tokens]` (as many as the axes between)
 * @param options.skip places of the second axis to leave out at the start
 * @throws WinnowError when the mask is missing or has another shape, or there are no tokens to skip
 */
export function keptRows(
  batch: HostBatch,
  shape: readonly number[],
  options: { readonly mask?: string | undefined; readonly skip: number },
): Int32Array {
  const { mask, skip } = options
  const items = batch.inputs.shape[0] as number
  const [count = 0] = shape
  const inner = shape.slice(1, -1)
  const perItem = sizeOf(inner)
  check(
    count >= items,
    () => `collectActivations: model: ${count} items came out for ${items}, expected as many`,
  )
  check(
    skip === 0 || inner.length > 0,
    () =>
      `collectActivations: skip: ${skip} came for activations of shape [${shape}], which have no tokens`,
  )
  const kept = mask === undefined ? undefined : batch[mask]
  check(
    mask === undefined || kept !== undefined,
    () =>
      `collectActivations: mask: the data has no field '${mask}', it has ${Object.keys(batch).join(', ')}`,
  )
  check(
    kept === undefined || kept.shape.join() === [items, ...inner].join(),
    () =>
      `collectActivations: mask: '${mask}' has shape [${kept?.shape}], expected [${[items, ...inner]}]`,
  )
  const weight = batch['weight']?.data
  // Places of one step of the second axis.
  const step = sizeOf(inner.slice(1))
  const rows: number[] = []
  for (let row = 0; row < items * perItem; row++) {
    const item = Math.floor(row / perItem)
    if (weight !== undefined && weight[item] === 0) continue
    if (row - item * perItem < skip * step) continue
    if (kept !== undefined && kept.data[row] === 0) continue
    rows.push(row)
  }
  return Int32Array.from(rows)
}
