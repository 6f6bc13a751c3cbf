/**
 * Settings that convolutions share: sizes along the axes of a map, and how its border is treated.
 */
import { check, unknownName } from '@winnow/core'
import { checkCount } from '../shape.ts'

/** One size for both axes, or height and width apart. */
export type Size2d = number | readonly [height: number, width: number]

/** One size for all three axes, or depth, height and width apart. */
export type Size3d = number | readonly [depth: number, height: number, width: number]

/**
 * `same` pads with zeros so that a convolution's output has ceil(size / stride) entries, an odd padding being one more at
 * the end; `valid` pads nothing: floor((size - reach) / stride) + 1, where reach = (kernel - 1) * dilation + 1.
 */
export type Padding = 'same' | 'valid'

/** @throws WinnowError when a size is not a whole number >= 1 */
export function pairOf(argument: string, size: Size2d): [height: number, width: number] {
  const pair: [number, number] = typeof size === 'number' ? [size, size] : [size[0], size[1]]
  for (const value of pair) checkCount(argument, value)
  return pair
}

/** @throws WinnowError when a size is not a whole number >= 1 */
export function tripleOf(
  argument: string,
  size: Size3d,
): [depth: number, height: number, width: number] {
  const triple: [number, number, number] =
    typeof size === 'number' ? [size, size, size] : [size[0], size[1], size[2]]
  for (const value of triple) checkCount(argument, value)
  return triple
}

/** @throws WinnowError unless all strides or all dilations are 1: no backend has both at once */
export function checkSteps(
  layer: string,
  stride: readonly number[],
  dilation: readonly number[],
): void {
  check(
    Math.max(...stride) === 1 || Math.max(...dilation) === 1,
    () =>
      `${layer}: stride [${stride}] and dilation [${dilation}] came, expected one of them to be 1`,
  )
}

/** @throws WinnowError when there is no such padding */
export function checkPadding(layer: string, padding: string): asserts padding is Padding {
  if (padding !== 'same' && padding !== 'valid') {
    throw unknownName(`${layer}: padding`, padding, ['same', 'valid'])
  }
}

/**
 * The size of a convolution's output along one axis, by the rule of {@link Padding}.
 *
 * @throws WinnowError when the kernel reaches over a map that is not padded
 */
export function convolvedSize(
  layer: string,
  size: number,
  options: { kernel: number; stride: number; dilation: number; padding: Padding },
): number {
  const { kernel, stride, dilation, padding } = options
  if (padding === 'same') return Math.ceil(size / stride)
  const reach = (kernel - 1) * dilation + 1
  check(
    size >= reach,
    () =>
      `${layer}: an axis of ${size} came, expected at least ${reach}, the kernel's reach, for padding 'valid'`,
  )
  return Math.floor((size - reach) / stride) + 1
}

/**
 * The size of a transposed convolution's output along one axis: `wanted`, or `same` gives size * stride and `valid`
 * (size - 1) * stride + kernel.
 *
 * @throws WinnowError when the convolution with these settings does not bring the size wanted back to `size`
 */
export function transposedSize(
  layer: string,
  size: number,
  options: { kernel: number; stride: number; padding: Padding; wanted?: number | undefined },
): number {
  const { kernel, stride, padding, wanted } = options
  const usual = padding === 'same' ? size * stride : (size - 1) * stride + kernel
  const out = wanted ?? usual
  check(
    convolvedSize(layer, out, { kernel, stride, dilation: 1, padding }) === size,
    () =>
      `${layer}: size ${out} from ${size} came, expected one that stride ${stride} and padding '${padding}' bring back to ${size}, such as ${usual}`,
  )
  return out
}
