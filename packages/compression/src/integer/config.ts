/**
 * What an integer network is made of, as plain JSON.
 */
import { check, unknownName, WinnowError } from '@winnow/core'
import { FACTOR, type Range } from './sums.ts'

/** A convolution, `same`-padded. Its results lie from `low` to `high`: 0 and 255 by default, which is a ReLU. */
export interface IntegerConv {
  /** `convTranspose` enlarges the map by its stride. */
  readonly kind: 'conv' | 'convTranspose'
  readonly outputs: number
  /** Height and width; 1 for a 1 x 1 convolution. */
  readonly kernel: number
  /** 1 by default. */
  readonly stride?: number
  readonly low?: number
  readonly high?: number
}

/** Channels to blocks of places, in tfjs's order. */
export interface IntegerDepthToSpace {
  readonly kind: 'depthToSpace'
  readonly block: number
}

/** See `IntegerNetwork`. */
export interface IntegerNetworkConfig {
  /** What comes in: whole numbers, within -255 and 255. */
  readonly input: { readonly channels: number; readonly low: number; readonly high: number }
  readonly layers: readonly (IntegerConv | IntegerDepthToSpace)[]
}

/** A layer that has weights, with what is known of it from its place. */
export interface WeightedLayer {
  readonly shape: readonly [number, number, number, number]
  readonly kernel: number
  readonly stride: number
  readonly inputs: number
  readonly outputs: number
  readonly transposed: boolean
  /** What its results lie within. */
  readonly range: Range
  /** How many of its channels a depthToSpace behind it joins into one. */
  readonly blocked: number
}

/** The layers that have weights. */
export function weighted({ input, layers }: IntegerNetworkConfig): WeightedLayer[] {
  const out: WeightedLayer[] = []
  let inputs = input.channels
  for (const layer of layers) {
    if (layer.kind === 'depthToSpace') {
      const last = out.pop()
      if (last !== undefined) out.push({ ...last, blocked: last.blocked * layer.block ** 2 })
      inputs /= layer.block ** 2
      continue
    }
    const { kind, kernel, outputs, stride = 1, low = 0, high = FACTOR } = layer
    const transposed = kind === 'convTranspose'
    out.push({
      shape: transposed ? [kernel, kernel, outputs, inputs] : [kernel, kernel, inputs, outputs],
      ...{ kernel, stride, inputs, outputs, transposed, range: { low, high }, blocked: 1 },
    })
    inputs = outputs
  }
  return out
}

/** @throws WinnowError for a configuration that no network can have */
export function checkIntegerNetwork({ input, layers }: IntegerNetworkConfig): void {
  checkWhole('input.channels', input.channels, 1)
  checkRange('input', input.low, input.high, FACTOR)
  let channels = input.channels
  for (const [i, layer] of layers.entries()) {
    const last = i === layers.length - 1
    if (layer.kind === 'depthToSpace') {
      checkWhole(`layer ${i}: block`, layer.block, 2)
      channels /= layer.block ** 2
      checkWhole(`layer ${i}: channels that depthToSpace leaves`, channels, 1)
    } else if (layer.kind === 'conv' || layer.kind === 'convTranspose') {
      checkWhole(`layer ${i}: outputs`, layer.outputs, 1)
      checkWhole(`layer ${i}: kernel`, layer.kernel, 1)
      checkWhole(`layer ${i}: stride`, layer.stride ?? 1, 1)
      // What nothing multiplies any more may be as large as a float32 holds.
      const most = last ? 2 ** 20 : FACTOR
      checkRange(`layer ${i}`, layer.low ?? 0, layer.high ?? FACTOR, most)
      channels = layer.outputs
    } else {
      const { kind } = layer as { kind: string }
      throw unknownName(`IntegerNetwork: layer ${i}: kind`, kind, [
        'conv',
        'convTranspose',
        'depthToSpace',
      ])
    }
  }
  check(
    layers.some(({ kind }) => kind !== 'depthToSpace'),
    () => 'IntegerNetwork: no layers with weights came, expected at least one',
  )
}

function checkWhole(what: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new WinnowError(
      `IntegerNetwork: ${what}: ${value} came, expected a whole number from ${least} on`,
    )
  }
}

function checkRange(what: string, low: number, high: number, most: number): void {
  check(
    Number.isInteger(low) &&
      Number.isInteger(high) &&
      low <= 0 &&
      high > 0 &&
      Math.max(-low, high) <= most,
    () =>
      `IntegerNetwork: ${what}: range ${low} to ${high} came, expected whole numbers around 0 within ${most}`,
  )
}
