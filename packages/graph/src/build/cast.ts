/** Changes of type, and constants that take another value's type. */
import type { ElementType } from '../element.ts'
import { elementCode } from '../element.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'

/** `x` as another element type; casting to bool asks whether an element differs from zero. */
export function cast(x: Value, type: ElementType): Value {
  if (x.type === type) return x
  if (x.fill !== undefined) return x.graph.fill(x.shape, castNumber(x.fill, type), type)
  return x.graph.emit('Cast', [x], { shape: x.shape, type }, { to: int(elementCode[type]) })
}

/** A scalar constant of the type of `x`. */
export function scalar(x: Value, value: number): Value {
  return x.graph.fill([], value, x.type)
}

function castNumber(value: number, type: ElementType): number {
  if (type === 'bool') return value === 0 ? 0 : 1
  if (type === 'float32') return Math.fround(value)
  if (type === 'float64' || type === 'float16') return value
  return Number.isFinite(value) ? Math.trunc(value) : 0
}
