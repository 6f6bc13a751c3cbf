/**
 * Companding by the normal distribution (WaLLoC, Jacobellis, Cummings and Yadwadkar 2024): latents of any size go
 * into the range of an integer with so many bits, evenly used where latents are normal, and come back.
 *
 *     u = 2 most (Phi(z / scale) - 1/2),   most = 2^(bits - 1) - 1/2 - 1/1000,   scale = (2^(bits - 1) - 1) / 1.85
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  clipByValue,
  div,
  erf,
  less,
  log,
  maximum,
  mul,
  neg,
  sqrt,
  square,
  sub,
  where,
} from '@tensorflow/tfjs-core'

/** How close to 0 and 1 probabilities come on the way back. */
const LEAST_PROBABILITY = 1e-4

/** Coefficients of the inverse error function in single precision (Giles 2010), the highest power first. */
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3,
  -4.17768164e-3, 0.246640727, 1.50140941,
]
const TAIL = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3,
  9.43887047e-3, 1.00167406, 2.83297682,
]

/** Nothing that is rounded comes further from 0 than this rounds to: 7 for 4 bits. */
export function mostOf(bits: number): number {
  return 2 ** (bits - 1) - 0.5 - 1e-3
}

/** Latents of this standard deviation use the range best. */
export function scaleOf(bits: number): number {
  return (2 ** (bits - 1) - 1) / 1.85
}

/** Latents to numbers within `mostOf(bits)` of 0. */
export function compand(latents: Tensor, bits: number): Tensor {
  return mul(erf(mul(latents, Math.SQRT1_2 / scaleOf(bits))), mostOf(bits))
}

/** The inverse of {@link compand}, of rounded numbers too. */
export function expand(companded: Tensor, bits: number): Tensor {
  const reach = 1 - 2 * LEAST_PROBABILITY
  const x = clipByValue(div(companded, mostOf(bits)), -reach, reach)
  return mul(inverseErf(x), Math.SQRT2 * scaleOf(bits))
}

/** Within (-1, 1). */
function inverseErf(x: Tensor): Tensor {
  const w = neg(log(sub(1, square(x))))
  const centre = polynomial(CENTRE, sub(w, 2.5))
  // Where it is not taken the root stays away from 0, whose slope is without bound.
  const tail = polynomial(TAIL, sub(sqrt(maximum(w, 5)), 3))
  return mul(where(less(w, 5), centre, tail), x)
}

function polynomial(coefficients: readonly number[], x: Tensor): Tensor {
  const [first = 0, second = 0, ...rest] = coefficients
  return rest.reduce<Tensor>(
    (sum, coefficient) => add(mul(sum, x), coefficient),
    add(mul(x, first), second),
  )
}
