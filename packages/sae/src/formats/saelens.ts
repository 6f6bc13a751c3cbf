/**
 * The layout of SAELens (decoderesearch; read and written as of 6.18, and read as of 1 to 5): `cfg.json` and
 * `sae_weights.safetensors` with `W_enc` `[d_in, d_sae]`, `W_dec` `[d_sae, d_in]`, `b_enc`, `b_dec` and what else the
 * architecture has.
 */
import {
  type CheckpointTensor,
  check,
  unknownName,
  WinnowError,
  writeSafetensors,
} from '@winnow/core'
import {
  configBytes,
  isRecord,
  parseConfig,
  readOneOf,
  type SaeFiles,
  type SaePlace,
  written,
} from './files.ts'
import {
  checkRecord,
  decoderNorms,
  type RecordActivation,
  type SaeRecord,
  scaleDecoder,
  scaleLatents,
  shiftedBias,
} from './record.ts'
import { safetensorsWeights, type Weights } from './weights.ts'

const configFile = 'cfg.json'
const weightsFile = 'sae_weights.safetensors'
type Config = Readonly<Record<string, unknown>>

/**
 * Reads the architectures `standard`, `topk` and `jumprelu` (as which BatchTopK is saved), with what their
 * configurations ask for folded into the weights: a bias that is not taken from the input, activations that are rescaled by
 * the decoder's norms, a scaling factor. Activations that were scaled in training by their average norm are expected scaled.
 *
 * @throws WinnowError when a file is missing or broken, or the model is of another form
 */
export async function readSaelens(place: SaePlace): Promise<SaeRecord> {
  const found = await readOneOf(place, [configFile])
  const { bytes, file } = await readOneOf(place, [weightsFile])
  const name = found.file
  const config = parseConfig(found.bytes, name)
  const activation = activationOf(config, name)
  const normalise = normaliseOf(config, name)
  const weights = safetensorsWeights(bytes, file)
  const [inputs, latents] = weights.matrixShape('W_enc')
  for (const [key, size] of [
    ['d_in', inputs],
    ['d_sae', latents],
  ] as const) {
    check(
      config[key] === undefined || config[key] === size,
      () => `${name}: ${key} is ${config[key]}, but 'W_enc' has shape [${inputs}, ${latents}]`,
    )
  }
  weights.expectOnly([
    'W_enc',
    'W_dec',
    'b_enc',
    'b_dec',
    'scaling_factor',
    'finetuning_scaling_factor',
    ...(activation.kind === 'jumpRelu' ? ['threshold', 'log_threshold'] : []),
  ])
  const encoder = await weights.take('W_enc', [inputs, latents])
  const decoder = await weights.take('W_dec', [latents, inputs])
  const bias = await weights.take('b_dec', [inputs])
  let latentBias = await weights.take('b_enc', [latents])
  const factor = await scalingFactor(weights, config, latents)
  if (config['apply_b_dec_to_input'] === false) {
    latentBias = shiftedBias(latentBias, encoder, bias, 1)
  }
  if (activation.kind === 'topK' && config['rescale_acts_by_decoder_norm'] === true) {
    const norms = decoderNorms(decoder, latents)
    scaleLatents(encoder, latentBias, norms)
    scaleDecoder(
      decoder,
      norms.map((norm) => (norm === 0 ? 1 : 1 / norm)),
    )
  }
  if (factor !== undefined) scaleDecoder(decoder, factor)
  const threshold =
    activation.kind === 'jumpRelu' ? { threshold: await thresholdOf(weights, latents) } : {}
  const metadata = isRecord(config['metadata']) ? config['metadata'] : config
  const parameters = { encoder, latentBias, decoder, bias, ...threshold }
  return checkRecord({ inputs, latents, activation, normalise, parameters, metadata }, name)
}

/** Before version 6 the activation had a field of its own, and the oldest files name neither it nor an architecture. */
function activationOf(config: Config, name: string): RecordActivation {
  const { architecture = 'standard', activation_fn: short, activation_fn_str: long } = config
  const activation = short ?? long ?? 'relu'
  const more = isRecord(config['activation_fn_kwargs']) ? config['activation_fn_kwargs'] : {}
  if (architecture === 'topk' || (architecture === 'standard' && activation === 'topk')) {
    const k = config['k'] ?? more['k']
    check(typeof k === 'number', () => `${name}: k is ${JSON.stringify(k)}, expected a number`)
    return { kind: 'topK', k }
  }
  check(
    activation === 'relu',
    () => `${name}: the activation '${activation}' is not known, expected 'relu' or 'topk'`,
  )
  if (architecture === 'standard') return { kind: 'relu' }
  if (architecture === 'jumprelu') return { kind: 'jumpRelu' }
  throw unknownName(`${name}: architecture`, String(architecture), ['standard', 'topk', 'jumprelu'])
}

function normaliseOf(config: Config, name: string): SaeRecord['normalise'] {
  const { normalize_activations: normalise = 'none', reshape_activations: reshape } = config
  check(
    reshape === undefined || reshape === 'none' || reshape === 'hook_z',
    () => `${name}: reshape_activations is ${JSON.stringify(reshape)}, expected 'none' or 'hook_z'`,
  )
  switch (normalise) {
    case 'none':
    case 'expected_average_only_in':
    case null:
    case true:
    case false:
      return 'none'
    case 'layer_norm':
      return 'perExample'
    default:
      throw new WinnowError(
        `${name}: normalize_activations is ${JSON.stringify(normalise)}, expected none, expected_average_only_in or layer_norm`,
      )
  }
}

/** What the latents are multiplied by before decoding, in files of versions 2 to 5 that were tuned so. */
async function scalingFactor(
  weights: Weights,
  config: Config,
  latents: number,
): Promise<Float32Array | undefined> {
  const name = ['finetuning_scaling_factor', 'scaling_factor'].find((key) => weights.has(key))
  if (name === undefined) return undefined
  const factor = await weights.take(name, [latents])
  const plain = factor.every((value) => Math.abs(value - 1) <= 1e-5)
  check(
    plain || config['finetuning_scaling_factor'] === true,
    () =>
      `${weights.file}: '${name}' is not all ones, but the configuration's finetuning_scaling_factor is not true`,
  )
  return plain ? undefined : factor
}

/** A negative threshold does what 0 does. */
async function thresholdOf(weights: Weights, latents: number): Promise<Float32Array> {
  const values = weights.has('log_threshold')
    ? (await weights.take('log_threshold', [latents])).map(Math.exp)
    : await weights.take('threshold', [latents])
  return values.map((value) => Math.max(0, value))
}

/**
 * The files that SAELens 6 loads, written to `folder` if one is given (Node only).
 * @throws WinnowError when the record does not add up, or the folder cannot be written
 */
export async function writeSaelens(record: SaeRecord, folder?: string): Promise<SaeFiles> {
  const { inputs, latents, activation, normalise, parameters, metadata } = checkRecord(
    record,
    'writeSaelens',
  )
  const { encoder, latentBias, decoder, bias, threshold } = parameters
  const architectures = { relu: 'standard', topK: 'topk', jumpRelu: 'jumprelu' } as const
  const config = {
    architecture: architectures[activation.kind],
    d_in: inputs,
    d_sae: latents,
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: true,
    normalize_activations: normalise === 'perExample' ? 'layer_norm' : 'none',
    reshape_activations: 'none',
    ...(activation.kind === 'topK' && { k: activation.k, rescale_acts_by_decoder_norm: false }),
    metadata: { sae_lens_version: '6.18.0', ...metadata },
  }
  const tensors: [string, CheckpointTensor][] = [
    ['W_enc', { dtype: 'F32', shape: [inputs, latents], data: encoder }],
    ['W_dec', { dtype: 'F32', shape: [latents, inputs], data: decoder }],
    ['b_enc', { dtype: 'F32', shape: [latents], data: latentBias }],
    ['b_dec', { dtype: 'F32', shape: [inputs], data: bias }],
  ]
  if (threshold !== undefined) {
    tensors.push(['threshold', { dtype: 'F32', shape: [latents], data: threshold }])
  }
  const files = { [configFile]: configBytes(config), [weightsFile]: writeSafetensors(tensors) }
  return await written(files, folder)
}
