/**
 * Half precision: weights and everything inside in float16, inputs and outputs as they were.
 */
import type { HostArray } from '../element.ts'
import { elementCode } from '../element.ts'
import { int } from '../graph.ts'
import type { OperatorCall } from './lower.ts'
import type { ModelParts, NamedValue } from './parts.ts'

/** The same model with float16 in place of float32; values beyond 65,504 become infinite. */
export function toHalf(parts: ModelParts): ModelParts {
  const before: OperatorCall[] = []
  const after: OperatorCall[] = []
  const renamed = new Map<string, string>()
  const inside = (of: NamedValue, calls: OperatorCall[], type: 'float16' | 'float32'): void => {
    if (of.type !== 'float32') return
    const name = `${of.name}_half`
    renamed.set(of.name, name)
    const [from, to] = type === 'float16' ? [of.name, name] : [name, of.name]
    const attributes = { to: int(elementCode[type]) }
    calls.push({ op: 'Cast', domain: '', inputs: [from], outputs: [to], attributes })
  }
  for (const input of parts.inputs) inside(input, before, 'float16')
  for (const output of parts.outputs) {
    // An input that is returned as it is needs no detour.
    if (!renamed.has(output.name)) inside(output, after, 'float32')
  }
  const name = (of: string): string => renamed.get(of) ?? of
  const calls = parts.calls.map((call) => {
    const toFloat = call.op === 'Cast' && call.attributes['to']?.value === elementCode.float32
    return {
      ...call,
      inputs: call.inputs.map(name),
      outputs: call.outputs.map(name),
      attributes: toFloat ? { to: int(elementCode.float16) } : call.attributes,
    }
  })
  const tensors = parts.tensors.map((tensor) =>
    tensor.type === 'float32'
      ? { ...tensor, type: 'float16' as const, data: halves(tensor.data as Float32Array) }
      : tensor,
  )
  return { ...parts, tensors, calls: [...before, ...calls, ...after] }
}

/** float16 bits, rounded to nearest, ties to even. */
export function halves(values: Float32Array): HostArray {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return Uint16Array.from(bits, halfBits)
}

function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const mantissa = bits & 0x7fffff
  if (exponent === 255) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200)
  const power = exponent - 112
  if (power >= 31) return sign | 0x7c00
  // Below the smallest normal number the leading one moves into the mantissa.
  const shift = power <= 0 ? 14 - power : 13
  if (shift > 24) return sign
  const whole = power <= 0 ? mantissa | 0x800000 : mantissa
  const kept = whole >>> shift
  const rest = whole & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0
  // A carry out of the mantissa rightly raises the exponent.
  return sign | ((power <= 0 ? 0 : power << 10) + kept + up)
}
