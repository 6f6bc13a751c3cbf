/** Values as tfjs hands them over, in the arrays that a graph expects. */
import type { BackendValues, DataType } from '@tensorflow/tfjs-core'
import type { HostArray } from './element.ts'

/** tfjs also hands over plain arrays, booleans and clamped bytes; arrays of the right kind are kept as they are. */
export function typedValues(values: BackendValues, dtype: DataType): HostArray | BackendValues {
  const numbers = values as unknown as ArrayLike<number>
  if (dtype === 'float32')
    return values instanceof Float32Array ? values : Float32Array.from(numbers)
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(numbers)
  if (dtype === 'bool') return values.constructor === Uint8Array ? values : Uint8Array.from(numbers)
  return values
}
