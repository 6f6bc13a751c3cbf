/** An elementwise function of two arrays under numpy's broadcasting, for kernels written in JavaScript. */
import { broadcast_util } from '@tensorflow/tfjs-core'

export interface Operand {
  readonly values: ArrayLike<number>
  readonly shape: readonly number[]
}

/** The steps through an operand for each axis of the output; 0 where it is repeated. */
function stepsOf(shape: readonly number[], rank: number): number[] {
  const steps = new Array<number>(rank).fill(0)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] as number
    if (length > 1) steps[rank - shape.length + axis] = step
    step *= length
  }
  return steps
}

/** The shape of the result of an elementwise function of two shapes. Throws where they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  return broadcast_util.assertAndGetBroadcastShape([...a], [...b])
}

/** Writes `fn(a, b)` for each element of `shape`, the broadcast shape of both, into `out`. */
export function broadcastBinary(
  a: Operand,
  b: Operand,
  shape: readonly number[],
  out: { [index: number]: number; readonly length: number },
  fn: (a: number, b: number) => number,
): void {
  const rank = shape.length
  const stepsA = stepsOf(a.shape, rank)
  const stepsB = stepsOf(b.shape, rank)
  const place = new Array<number>(rank).fill(0)
  let atA = 0
  let atB = 0
  for (let i = 0; i < out.length; i++) {
    out[i] = fn(a.values[atA] as number, b.values[atB] as number)
    for (let axis = rank - 1; axis >= 0; axis--) {
      atA += stepsA[axis] as number
      atB += stepsB[axis] as number
      if (++place[axis]! < (shape[axis] as number)) break
      place[axis] = 0
      atA -= (stepsA[axis] as number) * (shape[axis] as number)
      atB -= (stepsB[axis] as number) * (shape[axis] as number)
    }
  }
}
