/** Loops in double precision to which the values of cpu, and of every backend, are held. */
import type { Truth } from './case.ts'
import type { Sample } from './sample.ts'
import { sizeOf } from './sample.ts'

type Index = readonly number[]

/** Every index of a shape, in row-major order. */
export function* indicesOf(shape: readonly number[]): Generator<number[]> {
  const size = sizeOf(shape)
  for (let flat = 0; flat < size; flat++) {
    const index: number[] = []
    for (let rest = flat, axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number
      index[axis] = rest % extent
      rest = Math.floor(rest / extent)
    }
    yield index
  }
}

/** The element at an index; axes of extent 1 are broadcast, and missing leading axes too. */
export function at({ shape, values }: Sample, index: Index): number {
  const skipped = index.length - shape.length
  let flat = 0
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] as number
    flat = flat * extent + (extent === 1 ? 0 : (index[axis + skipped] as number))
  }
  return values[flat] as number
}

/** One value for each index of `shape`. */
export function fill(shape: readonly number[], value: (index: Index) => number): Float64Array {
  const values = new Float64Array(sizeOf(shape))
  let next = 0
  for (const index of indicesOf(shape)) values[next++] = value(index)
  return values
}

/** The shape to which the samples are broadcast. */
function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)
    return extents.find((extent) => extent !== 1) ?? 1
  })
}

/** One result, elementwise in all inputs. */
export function elementwise(fn: (...values: number[]) => number): Truth {
  return (inputs) => {
    const shape = broadcast(inputs.map((input) => input.shape))
    return [fill(shape, (index) => fn(...inputs.map((input) => at(input, index))))]
  }
}

/** One result for each pair of inputs, elementwise. */
export function pairwise(fn: (a: number, b: number) => number): Truth {
  return (inputs) => {
    const results: ArrayLike<number>[] = []
    for (let i = 0; i + 1 < inputs.length; i += 2) {
      results.push(...elementwise(fn)([inputs[i], inputs[i + 1]] as Sample[]))
    }
    return results
  }
}

/** Reduces the first input over each of the choices of axes (undefined: all), one result for each. */
export function reduced(
  choices: readonly (readonly number[] | undefined)[],
  fn: (values: number[]) => number,
): Truth {
  return ([x]) =>
    choices.map((choice) => {
      const { shape, values } = x as Sample
      const axes = choice?.map((axis) => (axis < 0 ? axis + shape.length : axis))
      const isKept = (axis: number): boolean => axes !== undefined && !axes.includes(axis)
      const kept = shape.map((extent, axis) => (isKept(axis) ? extent : 1))
      const buckets = Array.from({ length: sizeOf(kept) }, (): number[] => [])
      let next = 0
      for (const index of indicesOf(shape)) {
        let flat = 0
        for (const [axis, extent] of kept.entries()) {
          flat = flat * extent + (isKept(axis) ? (index[axis] as number) : 0)
        }
        ;(buckets[flat] as number[]).push(values[next++] as number)
      }
      return buckets.map(fn)
    })
}

/** The matrix product of two inputs, leading axes broadcast. */
export function product(transposeA = false, transposeB = false): Truth {
  return ([a, b]) => {
    const [left, right] = [a as Sample, b as Sample]
    const rows = left.shape.at(transposeA ? -1 : -2) as number
    const inner = left.shape.at(transposeA ? -2 : -1) as number
    const columns = right.shape.at(transposeB ? -2 : -1) as number
    const batch = broadcast([left.shape.slice(0, -2), right.shape.slice(0, -2)])
    const one = (index: Index): number => {
      const [i, j] = index.slice(-2) as [number, number]
      const lead = index.slice(0, -2)
      let sum = 0
      for (let k = 0; k < inner; k++) {
        const x = at(left, transposeA ? [...lead, k, i] : [...lead, i, k])
        sum += x * at(right, transposeB ? [...lead, j, k] : [...lead, k, j])
      }
      return sum
    }
    return [fill([...batch, rows, columns], one)]
  }
}

/** erf by its power series, for |x| < 4. */
export function erf(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
