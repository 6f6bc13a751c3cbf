/**
 * Patches: a sequence, image or clip cut into equal blocks, each one token (Dosovitskiy et al., 2020, for images).
 *
 *     [batch, ...space, channels] <-> [batch, patches, values]
 *
 * Patches follow each other in row-major order, and so do the values within a patch, channels last. Both functions only
 * lay numbers out anew, so that each undoes the other exactly.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape, transpose } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkCount, type Shape, sizeOf } from '../shape.ts'

/**
 * Cuts `x` into patches: an image `[batch, 28, 28, 1]` with patch 4 gives `[batch, 49, 16]`.
 *
 * @param x `[batch, length, channels]`, `[batch, height, width, channels]` or `[batch, frames, height, width, channels]`
 * @param patch size of a patch: one number for all axes, or one for each axis of space
 * @returns `[batch, patches, values]`, values in (row, column, channel) order
 * @throws WinnowError when a size is not divisible by the patch or smaller than it
 */
export function patchify(x: Tensor, patch: number | readonly number[]): Tensor {
  check(
    x.rank >= 3 && x.rank <= 5,
    () =>
      `patchify: an input of shape [${x.shape}] came, expected [batch, ...space, channels] with 1 to 3 axes of space`,
  )
  const [batch, ...example] = x.shape as [number, ...number[]]
  const layout = layoutOf('patchify', example, patch)
  const { grid, blocks, values } = layout
  const out = [batch, sizeOf(grid), values]
  if (grid.length === 1) return reshape(x, out)
  return reshape(transpose(reshape(x, blocks(batch)), layout.order), out)
}

/**
 * The inverse of {@link patchify}.
 *
 * @param patches `[batch, patches, values]`
 * @param shape of one example: `[...space, channels]`
 * @param patch as it was given to {@link patchify}
 * @returns `[batch, ...space, channels]`
 * @throws WinnowError when the patches do not make such an example
 */
export function unpatchify(
  patches: Tensor,
  shape: Shape,
  patch: number | readonly number[],
): Tensor {
  const layout = layoutOf('unpatchify', shape, patch)
  const { grid, blocks, values, order } = layout
  const count = sizeOf(grid)
  check(
    patches.rank === 3 && patches.shape[1] === count && patches.shape[2] === values,
    () =>
      `unpatchify: patches of shape [${patches.shape}] came, expected [batch, ${count}, ${values}] to make [batch, ${shape.join(', ')}]`,
  )
  const batch = patches.shape[0] as number
  const out = [batch, ...shape]
  if (grid.length === 1) return reshape(patches, out)
  const sizes = blocks(batch)
  const ordered = reshape(
    patches,
    order.map((axis) => sizes[axis] as number),
  )
  return reshape(transpose(ordered, inverseOf(order)), out)
}

/**
 * How many patches fit along each axis of space: `[28, 28, 1]` with patch 4 gives `[7, 7]`.
 *
 * @throws WinnowError when a size is not divisible by the patch or smaller than it
 */
export function patchGrid(shape: Shape, patch: number | readonly number[]): number[] {
  return layoutOf('patchGrid', shape, patch).grid
}

interface Layout {
  readonly grid: number[]
  readonly values: number
  /**
   * An example's axes, each cut in two: `[batch * rows, patchRows, columns, patchColumns * channels]`. The outermost and
   * the innermost pair stay together, so that three axes of space need no more than the six axes that every backend has.
   */
  readonly blocks: (batch: number) => number[]
  /** The permutation that puts the grid before the patch. */
  readonly order: number[]
}

function layoutOf(caller: string, shape: Shape, patch: number | readonly number[]): Layout {
  const space = shape.slice(0, -1)
  const channels = shape.at(-1) as number
  check(
    space.length >= 1 && space.length <= 3,
    () =>
      `${caller}: shape: [${shape}] came, expected [...space, channels] with 1 to 3 axes of space`,
  )
  const sizes = typeof patch === 'number' ? space.map(() => patch) : patch
  check(
    sizes.length === space.length,
    () =>
      `${caller}: patch: [${sizes}] came, expected a number for each of ${space.length} axes of [${space}]`,
  )
  for (const size of sizes) checkCount(`${caller}: patch`, size)
  for (const [axis, size] of space.entries()) {
    const along = sizes[axis] as number
    check(
      size >= along,
      () => `${caller}: a size of [${space}] came, expected none smaller than the patch [${sizes}]`,
    )
    check(
      size % along === 0,
      () => `${caller}: a size of [${space}] came, expected multiples of the patch [${sizes}]`,
    )
  }
  const grid = space.map((size, axis) => size / (sizes[axis] as number))
  const blocks = (batch: number): number[] => {
    const cut = grid.flatMap((count, axis) => [count, sizes[axis] as number])
    cut[0] = batch * (cut[0] as number)
    cut[cut.length - 1] = (cut[cut.length - 1] as number) * channels
    return cut
  }
  const axes = grid.map((_, axis) => axis)
  const order = [...axes.map((axis) => 2 * axis), ...axes.map((axis) => 2 * axis + 1)]
  return { grid, values: sizeOf(sizes) * channels, blocks, order }
}

function inverseOf(order: readonly number[]): number[] {
  const inverse: number[] = []
  for (const [place, axis] of order.entries()) inverse[axis] = place
  return inverse
}
