/**
 * The cumulatives of {@link FactorizedEntropy} on the host, in float64, one channel at a time, and their quantiles by
 * bisection. (The paper learns quantiles by an auxiliary loss and optimiser; a rising function needs neither.)
 */
import { check } from '@winnow/core'

/** A slot's numbers, `[channels, outputs, inputs]`. */
export interface ChannelValues {
  readonly values: ArrayLike<number>
  readonly shape: readonly number[]
}

/** The slots of {@link FactorizedEntropy}. */
export interface CumulativeValues {
  readonly matrices: readonly ChannelValues[]
  readonly biases: readonly ChannelValues[]
  readonly factors: readonly ChannelValues[]
}

/** One channel's cumulative. */
export interface Cumulative {
  /** log(c / (1 - c)) at `x`. */
  logit(x: number): number
  /** The probability of values from `low` to `high`. */
  interval(low: number, high: number): number
}

export function cumulatives(channels: number, slots: CumulativeValues): Cumulative[] {
  return Array.from({ length: channels }, (_, channel) => {
    const layers = slots.matrices.map((matrix, layer) => {
      const factors = slots.factors[layer]
      return {
        matrix: ofChannel(matrix, channel).map(softplus),
        bias: ofChannel(slots.biases[layer] as ChannelValues, channel),
        factor: factors === undefined ? undefined : ofChannel(factors, channel).map(Math.tanh),
      }
    })
    const logit = (x: number): number => {
      let inputs = [x]
      for (const { matrix, bias, factor } of layers) {
        inputs = bias.map((shift, row) => {
          let sum = shift
          inputs.forEach((value, column) => {
            sum += (matrix[row * inputs.length + column] as number) * value
          })
          return factor === undefined ? sum : sum + (factor[row] as number) * Math.tanh(sum)
        })
      }
      return inputs[0] as number
    }
    return {
      logit,
      interval: (low, high) => {
        const [below, above] = [logit(low), logit(high)]
        const side = below + above > 0 ? -1 : 1
        return Math.abs(sigmoid(side * above) - sigmoid(side * below))
      },
    }
  })
}

/** Where the cumulative reaches `share`, within 1e-9 of its size. */
export function quantile({ logit }: Cumulative, share: number): number {
  const wanted = Math.log(share / (1 - share))
  let reach = 1
  while (reach < 2 ** 40 && !(logit(-reach) <= wanted && logit(reach) >= wanted)) reach *= 2
  check(
    logit(-reach) <= wanted && logit(reach) >= wanted,
    () => `FactorizedEntropy: no value has ${share} of its channel's values below it`,
  )
  let [low, high] = [-reach, reach]
  for (let i = 0; i < 80 && high - low > 1e-9 * Math.max(1, Math.abs(low)); i++) {
    const middle = (low + high) / 2
    if (logit(middle) < wanted) low = middle
    else high = middle
  }
  return (low + high) / 2
}

function ofChannel({ values, shape }: ChannelValues, channel: number): number[] {
  const size = (shape[1] as number) * (shape[2] as number)
  return Array.from({ length: size }, (_, i) => values[channel * size + i] as number)
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
