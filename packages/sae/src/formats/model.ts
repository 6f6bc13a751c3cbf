/** From plain numbers to a model that runs and trains, and back. */
import { tensor } from '@tensorflow/tfjs-core'
import { check, Rng, type Slot } from '@winnow/core'
import { JumpRelu, jumpRelu } from '../activations/jump-relu.ts'
import { SparseAutoencoder, type SparseAutoencoderConfig } from '../sparse-autoencoder.ts'
import { checkRecord, type RecordActivation, type SaeRecord } from './record.ts'

/** How a model that was read shall train on: losses, constraints and the like. */
export type RecordOptions = Omit<
  SparseAutoencoderConfig,
  'inputs' | 'latents' | 'activation' | 'normalise'
>

/**
 * The model that a record describes. No latent counts as silent yet.
 * @throws WinnowError when the record does not add up
 */
export function sparseAutoencoderFrom(
  record: SaeRecord,
  options: RecordOptions = {},
): SparseAutoencoder {
  const { inputs, latents, activation, normalise, parameters } = checkRecord(
    record,
    'sparseAutoencoderFrom',
  )
  const { encoder, latentBias, decoder, bias, threshold } = parameters
  const spec = activation.kind === 'jumpRelu' ? jumpRelu() : activation
  const sae = new SparseAutoencoder(
    { ...options, inputs, latents, activation: spec, normalise },
    new Rng(0),
  )
  fill(sae.encoder, encoder)
  fill(sae.latentBias, latentBias)
  fill(sae.decoder, decoder)
  fill(sae.bias, bias)
  if (sae.activation instanceof JumpRelu && threshold !== undefined) {
    fill(sae.activation.threshold, threshold)
  }
  return sae
}

function fill(slot: Slot, values: Float32Array): void {
  slot.assign(tensor(values.slice(), [...slot.shape]))
}

/**
 * What a model computes, as plain numbers: for `writeSaelens` and the like.
 * @param options.metadata what the files shall say besides: the model whose activations it is of, the place in it
 * @throws WinnowError when its activation is of a kind that no record has
 */
export async function recordOf(
  sae: SparseAutoencoder,
  options: { readonly metadata?: Readonly<Record<string, unknown>> } = {},
): Promise<SaeRecord> {
  const { metadata = {} } = options
  const { inputs, latents, activation: spec, normalise = 'none' } = sae.config
  const values = async (slot: Slot): Promise<Float32Array> =>
    Float32Array.from(await slot.value.data())
  check(
    spec.kind === 'relu' || spec.kind === 'topK' || spec.kind === 'jumpRelu',
    () => `recordOf: activation: '${spec.kind}' came, expected relu, topK or jumpRelu`,
  )
  const parameters = {
    encoder: await values(sae.encoder),
    latentBias: await values(sae.latentBias),
    decoder: await values(sae.decoder),
    bias: await values(sae.bias),
    ...(sae.activation instanceof JumpRelu && {
      threshold: await values(sae.activation.threshold),
    }),
  }
  const activation = spec as RecordActivation
  return checkRecord({ inputs, latents, activation, normalise, parameters, metadata }, 'recordOf')
}
