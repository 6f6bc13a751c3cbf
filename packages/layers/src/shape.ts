/**
 * Shapes: sizes of axes in row-major order, and the checks on them that layers share.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/** Sizes of axes, without the batch: `[28, 28, 1]` is an image of one channel, `[16]` a vector. */
export type Shape = readonly number[]

/** How many numbers a tensor of this shape holds; 1 for the empty shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Throws unless `value` is a whole number of at least `least`. */
export function checkCount(argument: string, value: number, least = 1): void {
  check(
    Number.isInteger(value) && value >= least,
    () => `${argument}: ${value} came, expected a whole number >= ${least}`,
  )
}

/** Throws unless `shape` is a list of whole numbers >= 1, of the length `rank` where one is given. */
export function checkShape(argument: string, shape: Shape, rank?: number): void {
  check(
    Array.isArray(shape) &&
      shape.every((size) => Number.isInteger(size) && size >= 1) &&
      (rank === undefined || shape.length === rank),
    () =>
      `${argument}: ${JSON.stringify(shape)} came, expected a list of ${rank === undefined ? '' : `${rank} `}whole numbers >= 1`,
  )
}

/** Throws unless the last axis of `x` has `features` entries and there is a batch axis before it. */
export function checkLastAxis(layer: string, x: Tensor, features: number): void {
  check(
    x.rank >= 2 && x.shape[x.rank - 1] === features,
    () => `${layer}: an input of shape [${x.shape}] came, expected [batch, ..., ${features}]`,
  )
}

/** Throws unless `x` has this rank and ends in `channels`; `axes` names its axes for the message. */
export function checkMap(
  layer: string,
  x: Tensor,
  axes: readonly string[],
  channels: number,
): void {
  check(
    x.rank === axes.length + 1 && x.shape[axes.length] === channels,
    () =>
      `${layer}: an input of shape [${x.shape}] came, expected [${axes.join(', ')}, ${channels}]`,
  )
}

/** The axes of `x` before those of one example; throws unless `x` is `[...leading, ...example]` with a batch. */
export function leadingAxes(layer: string, x: Tensor, example: Shape): number[] {
  const count = x.rank - example.length
  check(
    count >= 1 && example.every((size, axis) => size === x.shape[count + axis]),
    () => `${layer}: an input of shape [${x.shape}] came, expected [batch, ${example.join(', ')}]`,
  )
  return x.shape.slice(0, count)
}
