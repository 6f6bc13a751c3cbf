/**
 * Filling a batch up to a fixed number of items, so that one trace serves the last batch too.
 */
import type { HostArray } from './host-array.ts'

/** `array` `[count, ...item]` with at least `items` items, those that it lacked being repetitions of the first. */
export function fillUp(
  array: HostArray<Float32Array | Int32Array>,
  items: number,
): HostArray<Float32Array | Int32Array> {
  const { data, shape } = array
  const [count = 0, ...item] = shape
  if (count === 0 || count >= items) return array
  const itemSize = data.length / count
  const filled =
    data instanceof Int32Array
      ? new Int32Array(items * itemSize)
      : new Float32Array(items * itemSize)
  filled.set(data)
  for (let i = count; i < items; i++) filled.set(data.subarray(0, itemSize), i * itemSize)
  return { data: filled, shape: [items, ...item] }
}
