/** Elementwise kernels of one operand. Integers go through float32 and are truncated, as in tfjs. */
import { cast, scalar } from '../build/cast.ts'
import { transpose } from '../build/layout.ts'
import { binary, unary, where } from '../build/pointwise.ts'
import type { Value } from '../graph.ts'
import { float } from '../graph.ts'
import type { Lowering, Lowerings } from '../kernel.ts'
import { transposedSource } from '../rewrite/transposes.ts'

/** A lowering for float32; other types are cast there and back. */
function floating(
  compute: (x: Value, attributes: Readonly<Record<string, number>>) => Value,
): Lowering {
  return (inputs, attributes) => {
    const x = inputs.find('x') ?? inputs.get('input')
    return cast(compute(cast(x, 'float32'), attributes), x.type)
  }
}

/** A lowering that ONNX Runtime also has for int32. */
function numeric(compute: (x: Value) => Value): Lowering {
  return (inputs) => {
    const x = inputs.get('x')
    return x.type === 'bool' ? cast(compute(cast(x, 'int32')), 'bool') : compute(x)
  }
}

const is =
  (compute: (x: Value) => Value): Lowering =>
  (inputs) =>
    compute(cast(inputs.get('x'), 'float32'))

const simple = (op: string): Lowering => floating((x) => unary(op, x))

const reciprocal = (x: Value): Value => unary('Reciprocal', x)
const exp = (x: Value): Value => unary('Exp', x)
const log = (x: Value): Value => unary('Log', x)
const sqrt = (x: Value): Value => unary('Sqrt', x)

/** exp(x) - 1: near zero as a quotient of tanh, where the difference would lose its digits. */
function expm1(x: Value): Value {
  const half = unary('Tanh', binary('Mul', x, scalar(x, 0.5)))
  const near = binary('Div', binary('Mul', half, scalar(x, 2)), binary('Sub', scalar(x, 1), half))
  const far = binary('Sub', exp(x), scalar(x, 1))
  return where(binary('Less', unary('Abs', x), scalar(x, 0.5), 'bool'), near, far)
}

/** log(1 + x): Kahan's correction log(u) * x / (u - 1) with u = 1 + x keeps the digits of a small x. */
function log1p(x: Value): Value {
  const u = binary('Add', x, scalar(x, 1))
  const difference = binary('Sub', u, scalar(x, 1))
  const corrected = binary('Mul', log(u), binary('Div', x, difference))
  const small = binary('Equal', difference, scalar(x, 0), 'bool')
  const infinite = binary('Equal', x, scalar(x, Number.POSITIVE_INFINITY), 'bool')
  return where(small, x, where(infinite, x, corrected))
}

/**
 * log(1 + exp x) as max(x, 0) + log(1 + e) with e = exp(-|x|). What 1 + e loses of a small e is added again, so that the
 * tail keeps its digits. ONNX Runtime's own Softplus takes one number at a time, three times as long as all of this.
 */
function softplus(x: Value): Value {
  if (x.graph.portable) return unary('Softplus', x)
  const e = exp(unary('Neg', unary('Abs', x)))
  const u = binary('Add', e, scalar(x, 1))
  const lost = binary('Sub', e, binary('Sub', u, scalar(x, 1)))
  return binary('Add', unary('Relu', x), binary('Add', log(u), lost))
}

/** 1 where x > 0, alpha elsewhere, NaN stays. */
function step(x: Value, alpha: number): Value {
  const moved = transposedSource(x)
  if (moved !== undefined) return transpose(step(moved.source, alpha), moved.perm)
  if (alpha === 0 && x.node?.op === 'Relu') {
    // The gradient of relu: the one place where every element counts. NaN has shown in the loss by then.
    return cast(binary('Greater', x, scalar(x, 0), 'bool'), 'float32')
  }
  const value = where(binary('Greater', x, scalar(x, 0), 'bool'), scalar(x, 1), scalar(x, alpha))
  return x.type === 'float32' ? where(unary('IsNaN', x, {}, 'bool'), x, value) : value
}

function clip(x: Value, low: number, high: number): Value {
  return binary('Min', binary('Max', x, scalar(x, low)), scalar(x, high))
}

/** min(high, max(low, x)) without a change of type. */
const clipByValue: Lowering = (inputs, { clipValueMin, clipValueMax }) =>
  clip(inputs.get('x'), clipValueMin as number, clipValueMax as number)

const logicalNot: Lowering = (inputs) => unary('Not', cast(inputs.get('x'), 'bool'))

const eluGradient: Lowering = (inputs) => {
  const [dy, y] = [inputs.get('dy'), inputs.get('y')]
  const positive = binary('GreaterOrEqual', y, scalar(y, 0), 'bool')
  return where(positive, dy, binary('Mul', dy, binary('Add', y, scalar(y, 1))))
}

/**
 * dy (Phi(x) + x phi(x)). With a = x / sqrt 2 that is (1 + erf a) / 2 + a exp(-a²) / sqrt pi; the quotient a / exp(a²)
 * saves a change of sign, and HardSigmoid is the one operator that scales and shifts at once.
 */
const geluGradient: Lowering = (inputs) => {
  const [dy, x] = [inputs.get('dy'), inputs.get('x')]
  const a = binary('Mul', x, scalar(x, Math.SQRT1_2))
  const density = binary('Div', a, exp(binary('Mul', a, a)))
  const half = { alpha: float(0.5), beta: float(0.5) }
  const slope = binary(
    'Add',
    unary('HardSigmoid', unary('Erf', a), half),
    binary('Mul', density, scalar(x, 1 / Math.sqrt(Math.PI))),
  )
  return binary('Mul', dy, slope)
}

const prelu: Lowering = (inputs) => {
  const [x, alpha] = [inputs.get('x'), inputs.get('alpha')]
  return where(binary('Less', x, scalar(x, 0), 'bool'), binary('Mul', x, alpha), x)
}

/** An activation by tfjs's name, as fused kernels give it. @throws for a name that is not one */
export function activate(
  x: Value,
  name: string,
  alpha: number | undefined,
  weights: Value | undefined,
): Value {
  switch (name) {
    case 'linear':
      return x
    case 'relu':
      return unary('Relu', x)
    case 'relu6':
      return clip(x, 0, 6)
    case 'elu':
      return unary('Elu', x)
    case 'sigmoid':
      return unary('Sigmoid', x)
    case 'leakyrelu':
      return unary('LeakyRelu', x, { alpha: float(alpha ?? 0.2) })
    case 'prelu':
      return where(binary('Less', x, scalar(x, 0), 'bool'), binary('Mul', x, weights as Value), x)
    default:
      throw new Error(`activation: '${name}' is not known`)
  }
}

export const unaryKernels: Lowerings = {
  Abs: numeric((x) => unary('Abs', x)),
  Neg: numeric((x) => unary('Neg', x)),
  Sign: numeric((x) => unary('Sign', x)),
  Square: numeric((x) => binary('Mul', x, x)),
  Acos: simple('Acos'),
  Acosh: simple('Acosh'),
  Asin: simple('Asin'),
  Asinh: simple('Asinh'),
  Atan: simple('Atan'),
  Atanh: simple('Atanh'),
  Ceil: simple('Ceil'),
  Cos: simple('Cos'),
  Cosh: simple('Cosh'),
  Elu: simple('Elu'),
  Erf: simple('Erf'),
  Exp: simple('Exp'),
  Expm1: floating(expm1),
  Floor: simple('Floor'),
  Gelu: simple('Gelu'),
  GeluGrad: geluGradient,
  IsFinite: is((x) =>
    unary(
      'Not',
      binary('Or', unary('IsInf', x, {}, 'bool'), unary('IsNaN', x, {}, 'bool'), 'bool'),
    ),
  ),
  IsInf: is((x) => unary('IsInf', x, {}, 'bool')),
  IsNan: is((x) => unary('IsNaN', x, {}, 'bool')),
  LeakyRelu: floating((x, { alpha }) => unary('LeakyRelu', x, { alpha: float(alpha as number) })),
  Log: simple('Log'),
  Log1p: floating(log1p),
  Reciprocal: floating(reciprocal),
  Relu: floating((x) => unary('Relu', x)),
  Relu6: floating((x) => clip(x, 0, 6)),
  Round: simple('Round'),
  Rsqrt: floating((x) => reciprocal(sqrt(x))),
  Selu: simple('Selu'),
  Sigmoid: simple('Sigmoid'),
  Sin: simple('Sin'),
  Sinh: simple('Sinh'),
  Softplus: floating(softplus),
  Sqrt: simple('Sqrt'),
  Step: (inputs, { alpha }) => step(inputs.get('x'), alpha as number),
  Tan: simple('Tan'),
  Tanh: simple('Tanh'),
  ClipByValue: clipByValue,
  LogicalNot: logicalNot,
  EluGrad: eluGradient,
  Prelu: prelu,
}
