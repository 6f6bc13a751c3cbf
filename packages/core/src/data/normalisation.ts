/**
 * Normalisation of inputs and its inverse, per channel (the last axis) or over all values alike:
 *
 *     apply(x) = (x - offset) / scale        undo(y) = y * scale + offset
 *
 * Plain numbers, so that a checkpoint can store it beside the model that was trained on its outputs.
 */
import { check } from '../error.ts'
import { type HostData, sizeOf } from './host-array.ts'

/** What a checkpoint stores. */
export interface NormalisationConfig {
  /** One number, or one for each channel. */
  readonly offset: readonly number[]
  /** As long as `offset`; never zero. */
  readonly scale: readonly number[]
}

/** Normalises values on the host, and undoes it. Arrays have the channels last. */
export class Normalisation {
  readonly offset: readonly number[]
  readonly scale: readonly number[]
  #byteTable: Float32Array | undefined

  /** @throws WinnowError unless both lists are finite, of one length of at least 1, and no scale is zero */
  constructor(config: NormalisationConfig) {
    const { offset, scale } = config
    check(
      Array.isArray(offset) && Array.isArray(scale) && offset.length === scale.length,
      () =>
        `normalisation: offset [${offset}] and scale [${scale}] came, expected two lists of one length`,
    )
    check(
      offset.length > 0 &&
        offset.every(Number.isFinite) &&
        scale.every((s) => Number.isFinite(s) && s !== 0),
      () =>
        `normalisation: offset [${offset}], scale [${scale}] came, expected finite numbers, no scale of zero`,
    )
    this.offset = [...offset]
    this.scale = [...scale]
  }

  /** How many channels it is for; 1 is good for any. */
  get channels(): number {
    return this.offset.length
  }

  /** What every byte becomes: 256 numbers for each channel. */
  get byteTable(): Float32Array {
    if (this.#byteTable === undefined) {
      const { channels } = this
      const everyByte = Uint8Array.from({ length: 256 * channels }, (_, i) =>
        Math.floor(i / channels),
      )
      const values = this.apply(everyByte)
      this.#byteTable = Float32Array.from(
        values,
        (_, i) => values[(i % 256) * channels + Math.floor(i / 256)] as number,
      )
    }
    return this.#byteTable
  }

  /** Normalised values, in an array of their own. */
  apply(values: HostData): Float32Array {
    const out = Float32Array.from(values)
    this.applyInPlace(out)
    return out
  }

  /** Normalises `values` in place. */
  applyInPlace(values: Float32Array): void {
    const { channels } = this
    this.#checkLength(values.length)
    const inverse = this.scale.map((scale) => 1 / scale)
    for (let channel = 0; channel < channels; channel++) {
      const offset = this.offset[channel] as number
      const factor = inverse[channel] as number
      for (let i = channel; i < values.length; i += channels) {
        values[i] = ((values[i] as number) - offset) * factor
      }
    }
  }

  /** The values before normalisation. */
  undo(values: Float32Array): Float32Array {
    const { channels } = this
    this.#checkLength(values.length)
    const out = new Float32Array(values.length)
    for (let channel = 0; channel < channels; channel++) {
      const offset = this.offset[channel] as number
      const scale = this.scale[channel] as number
      for (let i = channel; i < out.length; i += channels) {
        out[i] = (values[i] as number) * scale + offset
      }
    }
    return out
  }

  /** The values before normalisation as bytes: rounded, and clipped to [0, 255]. */
  undoToBytes(values: Float32Array): Uint8Array {
    return new Uint8Array(Uint8ClampedArray.from(this.undo(values)).buffer)
  }

  /** The config, from which the constructor makes an equal one. */
  toJSON(): NormalisationConfig {
    return { offset: this.offset, scale: this.scale }
  }

  #checkLength(length: number): void {
    check(
      length % this.channels === 0,
      () => `values: ${length} came, expected a multiple of the ${this.channels} channels`,
    )
  }
}

/** Maps the range `from` ([0, 255] by default: bytes) to the range `to` ([0, 1] by default). */
export function rangeNormalisation(
  options: {
    readonly from?: readonly [low: number, high: number]
    readonly to?: readonly [low: number, high: number]
  } = {},
): Normalisation {
  const { from = [0, 255], to = [0, 1] } = options
  check(from[0] < from[1], () => `from: [${from}] came, expected the low end below the high end`)
  check(to[0] < to[1], () => `to: [${to}] came, expected the low end below the high end`)
  const scale = (from[1] - from[0]) / (to[1] - to[0])
  return new Normalisation({ offset: [from[0] - to[0] * scale], scale: [scale] })
}

/**
 * Mean 0 and deviation 1 in each channel over the values given; a constant channel is only centred.
 * @param source the values and their shape, channels last
 * @param options.perChannel true by default; false takes one mean and one deviation over all values
 */
export function standardNormalisation(
  source: { readonly data: HostData; readonly shape: readonly number[] },
  options: { readonly perChannel?: boolean } = {},
): Normalisation {
  const { data, shape } = source
  check(data.length > 0, () => 'source: no values came, expected at least one')
  check(
    sizeOf(shape) === data.length,
    () => `source: ${data.length} values came with shape [${shape}]`,
  )
  const channels = (options.perChannel ?? true) ? (shape.at(-1) ?? 1) : 1
  const count = data.length / channels
  const offset: number[] = []
  const scale: number[] = []
  for (let channel = 0; channel < channels; channel++) {
    // Two passes: the shorter formula loses all digits where the mean is far above the deviation.
    let sum = 0
    for (let i = channel; i < data.length; i += channels) sum += data[i] as number
    const mean = sum / count
    let squares = 0
    for (let i = channel; i < data.length; i += channels)
      squares += ((data[i] as number) - mean) ** 2
    const deviation = Math.sqrt(squares / count)
    offset.push(mean)
    scale.push(deviation > 0 ? deviation : 1)
  }
  return new Normalisation({ offset, scale })
}
