/** Elementwise kernels of two or more operands, broadcast. */
import { cast, scalar } from '../build/cast.ts'
import { binary, padRank, unary, where } from '../build/pointwise.ts'
import type { ElementType } from '../element.ts'
import type { Value } from '../graph.ts'
import { int } from '../graph.ts'
import type { KernelInputs, Lowering, Lowerings } from '../kernel.ts'

/** Both operands in the type of the first. */
function operands(inputs: KernelInputs): [Value, Value] {
  const a = inputs.get('a')
  return [a, cast(inputs.get('b'), a.type)]
}

/** Arithmetic in the type of the operands; booleans count as int32 and come back. */
function arithmetic(compute: (a: Value, b: Value) => Value): Lowering {
  return (inputs) => {
    const [a, b] = operands(inputs)
    if (a.type !== 'bool') return compute(a, b)
    return cast(compute(cast(a, 'int32'), cast(b, 'int32')), 'bool')
  }
}

function comparison(op: string): Lowering {
  return (inputs) => {
    const [a, b] = operands(inputs)
    const type: ElementType = a.type === 'bool' ? 'int32' : a.type
    return binary(op, cast(a, type), cast(b, type), 'bool')
  }
}

function logical(op: string): Lowering {
  return (inputs) =>
    binary(op, cast(inputs.get('a'), 'bool'), cast(inputs.get('b'), 'bool'), 'bool')
}

const isZero = (x: Value): Value => binary('Equal', x, scalar(x, 0), 'bool')

/** A divisor that integer division survives: ONNX Runtime would kill the process on zero. */
const safeDivisor = (b: Value): Value =>
  b.fill !== undefined && b.fill !== 0 ? b : where(isZero(b), scalar(b, 1), b)

function divide(a: Value, b: Value): Value {
  if (a.type === 'float32') return binary('Div', a, b)
  return where(isZero(b), scalar(a, 0), binary('Div', a, safeDivisor(b)))
}

/** The remainder with the divisor's sign. */
function modulo(a: Value, b: Value): Value {
  if (a.type === 'int32') {
    return where(isZero(b), scalar(a, 0), binary('Mod', a, safeDivisor(b), 'int32'))
  }
  const rest = binary('Mod', a, b, a.type, { fmod: int(1) })
  const negative = (x: Value): Value => binary('Less', x, scalar(x, 0), 'bool')
  const agree = unary('Not', binary('Xor', negative(a), negative(b), 'bool'))
  return where(agree, rest, binary('Mod', binary('Add', rest, b), b, a.type, { fmod: int(1) }))
}

function floorDivide(a: Value, b: Value): Value {
  // tfjs's quotient is int32 for floats too.
  if (a.type === 'float32') return cast(unary('Floor', binary('Div', a, b)), 'int32')
  const divisor = safeDivisor(b)
  const exact = binary('Sub', a, binary('Mod', a, divisor, 'int32'))
  return where(isZero(b), scalar(a, 0), binary('Div', exact, divisor))
}

/** Powers that are products or roots are made of these, which are several times faster. */
function power(a: Value, b: Value): Value {
  const exponent = b.fill
  if (a.type === 'float32' && exponent !== undefined) {
    if (exponent === 2) return binary('Mul', a, padRank(a, b.shape.length))
    if (exponent === 0.5 && b.shape.length <= a.shape.length) return unary('Sqrt', a)
    if (exponent === -1 && b.shape.length <= a.shape.length) return unary('Reciprocal', a)
  }
  if (a.type === 'int32')
    return cast(binary('Pow', cast(a, 'float64'), cast(b, 'float64')), 'int32')
  return binary('Pow', a, b)
}

/** The angle of (x, y), in (-pi, pi]. */
function atan2(y: Value, x: Value): Value {
  const zero = scalar(x, 0)
  const pi = scalar(x, Math.PI)
  const angle = unary('Atan', binary('Div', y, x))
  const left = where(
    binary('GreaterOrEqual', y, zero, 'bool'),
    binary('Add', angle, pi),
    binary('Sub', angle, pi),
  )
  const upright = binary('Mul', unary('Sign', y), scalar(x, Math.PI / 2))
  const turned = where(binary('Less', x, zero, 'bool'), left, angle)
  const nonzeroX = where(binary('Equal', x, zero, 'bool'), upright, turned)
  return nonzeroX
}

function squaredDifference(a: Value, b: Value): Value {
  const difference = binary('Sub', a, b)
  return binary('Mul', difference, difference)
}

const addAll: Lowering = ({ all }) => {
  const [first, ...rest] = all as [Value, ...Value[]]
  return rest.reduce((sum, value) => binary('Add', sum, value), first)
}

const select: Lowering = (inputs) => {
  const condition = cast(inputs.get('condition'), 'bool')
  const [t, e] = [inputs.get('t'), inputs.get('e')]
  const shaped =
    condition.shape.length === 1 && t.shape.length > 1
      ? padTrailing(condition, t.shape.length)
      : condition
  return where(shaped, t, cast(e, t.type))
}

function padTrailing(x: Value, rank: number): Value {
  const shape = [...x.shape, ...new Array<number>(rank - x.shape.length).fill(1)]
  return x.graph.emit('Reshape', [x, x.graph.int64(shape)], { shape, type: x.type })
}

export const binaryKernels: Lowerings = {
  Add: arithmetic((a, b) => binary('Add', a, b)),
  Sub: arithmetic((a, b) => binary('Sub', a, b)),
  Multiply: arithmetic((a, b) => binary('Mul', a, b)),
  RealDiv: arithmetic(divide),
  FloorDiv: arithmetic(floorDivide),
  Mod: arithmetic(modulo),
  Pow: arithmetic(power),
  Maximum: arithmetic((a, b) => binary('Max', a, b)),
  Minimum: arithmetic((a, b) => binary('Min', a, b)),
  SquaredDifference: arithmetic(squaredDifference),
  Atan2: arithmetic(atan2),
  BitwiseAnd: (inputs) => {
    const [a, b] = operands(inputs)
    return binary('BitwiseAnd', a, b)
  },
  Equal: comparison('Equal'),
  NotEqual: (inputs, attributes, graph) =>
    unary('Not', comparison('Equal')(inputs, attributes, graph) as Value),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalXor: logical('Xor'),
  AddN: addAll,
  Select: select,
}
