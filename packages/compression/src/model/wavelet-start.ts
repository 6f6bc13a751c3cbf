/**
 * A start for transforms that is good already: what a wavelet packet of Daubechies' filters of four taps (1988) does, cut to
 * the bands that matter most. Convolutions of five taps that halve the map hold such filters exactly, and divisive
 * normalisation begins nearly linear; so training improves on a codec of wavelets instead of looking for one.
 *
 * Which bands matter: those of greatest variance where neighbouring pixels correlate by 0.95, and of colours brightness most.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mul, tensor, tidy } from '@tensorflow/tfjs-core'
import type { Conv2d, ConvTranspose2d } from '@winnow/layers'

const ROOT3 = Math.sqrt(3)
const LOW = [1 + ROOT3, 3 + ROOT3, 3 - ROOT3, 1 - ROOT3].map((tap) => tap / (4 * Math.SQRT2))
const HIGH = LOW.map((_, i) => (i % 2 === 0 ? 1 : -1) * (LOW[3 - i] as number))
const FILTERS = [LOW, HIGH]

const CORRELATION = 0.95

/** Standard deviation of pixels in [0, 1]. */
const DEVIATION = 0.25

/** Brightness and two colour differences, orthonormal; what share of the variance each has. */
const COLOURS = [
  { mix: [1, 1, 1].map((share) => share / Math.sqrt(3)), variance: 1 },
  { mix: [1, 0, -1].map((share) => share / Math.SQRT2), variance: 0.06 },
  { mix: [1, -2, 1].map((share) => share / Math.sqrt(6)), variance: 0.03 },
]

/** A channel of the packet: the filters that lead to it from pixels, and which of them come last. */
interface Band {
  /** The channel it is made of, and by what; for the first level colours. */
  readonly parent: number
  readonly last: readonly [number, number]
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  readonly variance: number
}

interface KernelSizes {
  readonly inputs: number
  readonly outputs: number
  /** How colours are mixed, at the first level. */
  readonly mixes: readonly (readonly number[])[] | undefined
}

/** What {@link startWithWavelets} needs of a codec. */
export interface WaveletStart {
  readonly analysis: readonly Conv2d[]
  readonly synthesis: readonly ConvTranspose2d[]
  /** Latents are so many times the packet's coefficients: the inverse of the step at which those are rounded. */
  readonly scale: number
}

/**
 * Sets the weights of both transforms, and gives the standard deviation to be expected of each latent. Channels beyond
 * those of the packet keep their weights in the analysis, and count for nothing in the synthesis at first.
 */
export function startWithWavelets({ analysis, synthesis, scale }: WaveletStart): Float32Array {
  const first = (analysis[0] as Conv2d).config.inputs
  const colours = first === 3 ? COLOURS : Array.from({ length: first }, (_, i) => alone(i, first))
  let bands: Band[] = colours.map(({ variance }, parent) => {
    return { parent, last: [0, 0], rows: [1], columns: [1], variance: variance * first }
  })
  for (const [level, layer] of analysis.entries()) {
    const { inputs, outputs } = layer.config
    const parents = bands
    bands = children(parents, 2 ** level).slice(0, outputs)
    const mixes = level === 0 ? colours.map(({ mix }) => mix) : undefined
    const gain = level === analysis.length - 1 ? scale : 1
    const mirror = synthesis[analysis.length - 1 - level] as ConvTranspose2d
    const sizes = { inputs, outputs, mixes }
    const others = tensor(
      Float32Array.from({ length: outputs }, (_, i) => Number(i >= bands.length)),
    )
    layer.weight.assign(
      tidy(() => add(mul(layer.weight.value, others), kernelOf(bands, sizes, gain))),
    )
    others.dispose()
    mirror.weight.assign(kernelOf(bands, sizes, 1 / gain))
  }
  const { outputs } = (analysis.at(-1) as Conv2d).config
  return Float32Array.from(
    { length: outputs },
    (_, i) => scale * DEVIATION * Math.sqrt(bands[i]?.variance ?? 1),
  )
}

/** The step of uniform rounding that is best where rates are high: of rate + lambda 255^2 error, by its slope. */
export function bestStep(lambda: number, imageChannels: number): number {
  return Math.sqrt((6 * imageChannels) / (Math.LN2 * lambda * 255 ** 2))
}

function alone(at: number, of: number): (typeof COLOURS)[number] {
  return { mix: Array.from({ length: of }, (_, i) => (i === at ? 1 : 0)), variance: 1 / of }
}

/** Each band split in four, those of greatest variance first. `spread`: how far taps lie apart, in pixels. */
function children(parents: readonly Band[], spread: number): Band[] {
  const split = (taps: readonly number[], filter: number): number[] => {
    const out = new Array<number>(taps.length + 3 * spread).fill(0)
    for (const [at, tap] of (FILTERS[filter] as number[]).entries()) {
      taps.forEach((value, i) => {
        out[i + at * spread] = (out[i + at * spread] as number) + tap * value
      })
    }
    return out
  }
  return parents
    .flatMap(({ rows, columns, variance }, parent) => {
      const before = spreadOf(rows) * spreadOf(columns)
      return [0, 1].flatMap((y) =>
        [0, 1].map((x): Band => {
          const own = { rows: split(rows, y), columns: split(columns, x) }
          const share = (spreadOf(own.rows) * spreadOf(own.columns)) / before
          return { parent, last: [y, x], ...own, variance: variance * share }
        }),
      )
    })
    .sort((a, b) => b.variance - a.variance)
}

/** The variance of what a filter makes of a row in which neighbours correlate. */
function spreadOf(taps: readonly number[]): number {
  let sum = 0
  for (const [i, a] of taps.entries()) {
    for (const [j, b] of taps.entries()) sum += a * b * CORRELATION ** Math.abs(i - j)
  }
  return sum
}

/** The kernel `[5, 5, inputs, outputs]` of one level; a transposed convolution takes it as it is. */
function kernelOf(
  bands: readonly Band[],
  { inputs, outputs, mixes }: KernelSizes,
  gain: number,
): Tensor {
  const out = new Float32Array(25 * inputs * outputs)
  for (const [output, { parent, last }] of bands.entries()) {
    const [rows, columns] = last.map((filter) => FILTERS[filter] as number[]) as [
      number[],
      number[],
    ]
    for (let at = 0; at < 25; at++) {
      const tap = gain * (rows[Math.floor(at / 5)] ?? 0) * (columns[at % 5] ?? 0)
      for (let input = 0; input < inputs; input++) {
        const share = mixes === undefined ? Number(input === parent) : mixes[parent]?.[input]
        out[(at * inputs + input) * outputs + output] = tap * (share ?? 0)
      }
    }
  }
  return tensor(out, [5, 5, inputs, outputs])
}
