/**
 * Grid masking: a regular lattice is kept and the rest hidden, or the other way round (the "grid" sampling that He et al.
 * 2021 compare with random masks: one patch kept of each two by two).
 *
 * A token is on the lattice when (coordinate - shift) is a multiple of the stride along every axis. What is kept is
 * exactly the lattice, so the ratio follows from it and from the grid's size.
 */
import { check } from '@winnow/core'
import { checkKept } from './mask.ts'
import {
  checkFields,
  checkRatio,
  hostMaskStrategy,
  type MaskSpec,
  type MaskStrategy,
  tokensOf,
} from './strategy.ts'

/** Options of {@link gridMask}: `stride`, or `ratio` in its place. */
export interface GridMaskOptions {
  /** The distance of lattice points: for every axis, or for each. */
  readonly stride?: number | readonly number[]
  /** In place of `stride`: the hidden share that some equal stride gives, such as 0.75 for 2 on a plane. */
  readonly ratio?: number
  /** What becomes of the lattice: `kept` by default. */
  readonly lattice?: 'kept' | 'hidden'
  /**
   * Where the lattice begins: one number for each axis, from 0 to below the stride; 0 by default. `random` draws it for
   * each example; the stride must then divide the grid, since otherwise the count would change with it.
   */
  readonly shift?: 'random' | readonly number[]
}

/** {@link gridMask} as plain JSON. */
export interface GridMaskSpec extends MaskSpec, GridMaskOptions {
  readonly kind: 'grid'
}

/**
 * Keeps or hides a regular lattice of a grid of one to three axes.
 *
 * @throws WinnowError on options out of range; from `count` and `draw` when they do not suit the grid, or keep nothing
 */
export function gridMask(options: GridMaskOptions | GridMaskSpec): MaskStrategy {
  const spec: GridMaskSpec = { ...options, kind: 'grid' }
  checkFields(spec, ['stride', 'ratio', 'lattice', 'shift'])
  const { stride, ratio, lattice = 'kept', shift } = spec
  check(
    (stride === undefined) !== (ratio === undefined),
    () => `grid: stride ${JSON.stringify(stride)} and ratio ${ratio} came, expected one of the two`,
  )
  if (ratio !== undefined) checkRatio('grid', ratio)
  check(
    lattice === 'kept' || lattice === 'hidden',
    () => `grid: lattice: ${JSON.stringify(lattice)} came, expected 'kept' or 'hidden'`,
  )
  const strides = (grid: readonly number[]): number[] => {
    tokensOf('grid', grid)
    const found = stride === undefined ? strideOf(ratio as number, lattice, grid.length) : stride
    const all = typeof found === 'number' ? grid.map(() => found) : [...found]
    check(
      all.length === grid.length && all.every((size) => Number.isInteger(size) && size >= 1),
      () =>
        `grid: stride: ${JSON.stringify(stride)} came, expected ${grid.length} whole numbers >= 1`,
    )
    return all
  }
  const count: MaskStrategy['count'] = (grid) => {
    const sizes = strides(grid)
    const starts = startsOf(shift, sizes, grid)
    const points = grid.reduce(
      (product, size, axis) =>
        product * Math.max(0, Math.ceil((size - (starts[axis] ?? 0)) / (sizes[axis] ?? 1))),
      1,
    )
    const tokens = tokensOf('grid', grid)
    const kept = lattice === 'kept' ? points : tokens - points
    checkKept(`grid: grid [${grid}]`, { kept, hidden: tokens - kept })
    return { kept, hidden: tokens - kept }
  }
  return hostMaskStrategy({
    spec,
    count,
    hide: (grid, rng) => {
      const sizes = strides(grid)
      const fixed = startsOf(shift, sizes, grid)
      const starts =
        shift === 'random' ? sizes.map((size) => Math.floor(rng.number() * size)) : fixed
      const tokens = tokensOf('grid', grid)
      return Uint8Array.from({ length: tokens }, (_, token) =>
        onLattice(token, grid, sizes, starts) === (lattice === 'hidden') ? 1 : 0,
      )
    },
  })
}

/** The stride, the same along each axis, that puts the share asked for off the lattice. */
function strideOf(ratio: number, lattice: 'kept' | 'hidden', axes: number): number {
  const share = lattice === 'kept' ? 1 - ratio : ratio
  const stride = Math.round(share ** (-1 / axes))
  check(
    Math.abs(stride ** -axes - share) < 1e-4,
    () =>
      `grid: ratio: ${ratio} came, which no lattice on ${axes} axes has; expected such as ${near(lattice, axes)}, or a stride`,
  )
  return stride
}

function near(lattice: 'kept' | 'hidden', axes: number): string {
  return [2, 3]
    .map((stride) => (lattice === 'kept' ? 1 - stride ** -axes : stride ** -axes))
    .map((ratio) => Number(ratio.toFixed(4)))
    .join(' or ')
}

/** Where the lattice begins; for a random shift, where one may. */
function startsOf(
  shift: GridMaskOptions['shift'],
  strides: readonly number[],
  grid: readonly number[],
): readonly number[] {
  if (shift === undefined) return grid.map(() => 0)
  if (shift === 'random') {
    check(
      grid.every((size, axis) => size % (strides[axis] as number) === 0),
      () =>
        `grid: shift: 'random' came for a grid [${grid}] that the stride [${strides}] does not divide, ` +
        'expected numbers, since the count would change with it',
    )
    return grid.map(() => 0)
  }
  check(
    Array.isArray(shift) &&
      shift.length === grid.length &&
      shift.every((at, axis) => Number.isInteger(at) && at >= 0 && at < (strides[axis] as number)),
    () =>
      `grid: shift: ${JSON.stringify(shift)} came, expected 'random' or ${grid.length} whole numbers below the stride [${strides}]`,
  )
  return shift
}

function onLattice(
  token: number,
  grid: readonly number[],
  strides: readonly number[],
  starts: readonly number[],
): boolean {
  let rest = token
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    const size = grid[axis] as number
    const stride = strides[axis] as number
    if (((rest % size) - (starts[axis] as number)) % stride !== 0) return false
    rest = Math.floor(rest / size)
  }
  return true
}
