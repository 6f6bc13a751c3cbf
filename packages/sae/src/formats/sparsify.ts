/**
 * The layout of sparsify (EleutherAI): `cfg.json` and `sae.safetensors` with `encoder.weight` `[latents, d_in]`,
 * `encoder.bias`, `W_dec` `[latents, d_in]` and `b_dec`. Its models are TopK.
 */
import { type CheckpointTensor, check, writeSafetensors } from '@winnow/core'
import {
  configBytes,
  parseConfig,
  readOneOf,
  type SaeFiles,
  type SaePlace,
  written,
} from './files.ts'
import { checkRecord, type SaeRecord, transposed } from './record.ts'
import { safetensorsWeights } from './weights.ts'

const configFile = 'cfg.json'
const weightsFile = 'sae.safetensors'

/** @throws WinnowError when a file is missing or broken, or the model is a transcoder or of another form */
export async function readSparsify(place: SaePlace): Promise<SaeRecord> {
  const found = await readOneOf(place, [configFile])
  const { bytes, file } = await readOneOf(place, [weightsFile])
  const name = found.file
  const config = parseConfig(found.bytes, name)
  const { activation = 'topk', k } = config
  check(activation === 'topk', () => `${name}: activation is '${activation}', expected 'topk'`)
  check(typeof k === 'number', () => `${name}: k is ${JSON.stringify(k)}, expected a number`)
  for (const key of ['transcode', 'skip_connection', 'signed', 'embed_skip', 'gram_lookup']) {
    check(
      config[key] === undefined || config[key] === false,
      () => `${name}: ${key} is ${JSON.stringify(config[key])}, which a sparse autoencoder has not`,
    )
  }
  const weights = safetensorsWeights(bytes, file)
  const [latents, inputs] = weights.matrixShape('encoder.weight')
  check(
    config['d_in'] === undefined || config['d_in'] === inputs,
    () => `${name}: d_in is ${config['d_in']}, but 'encoder.weight' is [${latents}, ${inputs}]`,
  )
  weights.expectOnly(['encoder.weight', 'encoder.bias', 'W_dec', 'b_dec'])
  const parameters = {
    encoder: transposed(await weights.take('encoder.weight', [latents, inputs]), latents, inputs),
    latentBias: await weights.take('encoder.bias', [latents]),
    decoder: await weights.take('W_dec', [latents, inputs]),
    bias: await weights.take('b_dec', [inputs]),
  }
  return checkRecord(
    {
      inputs,
      latents,
      activation: { kind: 'topK', k },
      normalise: 'none',
      parameters,
      metadata: config,
    },
    name,
  )
}

/**
 * The files that sparsify loads, written to `folder` if one is given (Node only).
 * @throws WinnowError when the activation is not TopK or examples are normalised, which the layout has no place for
 */
export async function writeSparsify(record: SaeRecord, folder?: string): Promise<SaeFiles> {
  const { inputs, latents, activation, normalise, parameters } = checkRecord(
    record,
    'writeSparsify',
  )
  check(
    activation.kind === 'topK' && normalise === 'none',
    () =>
      `writeSparsify: activation: ${activation.kind} with normalise '${normalise}' came, expected topK with 'none'`,
  )
  const { encoder, latentBias, decoder, bias } = parameters
  const config = {
    activation: 'topk',
    expansion_factor: Math.max(1, Math.floor(latents / inputs)),
    normalize_decoder: true,
    num_latents: latents,
    k: activation.k,
    multi_topk: false,
    skip_connection: false,
    transcode: false,
    d_in: inputs,
  }
  const weight = transposed(encoder, inputs, latents)
  const tensors: [string, CheckpointTensor][] = [
    ['encoder.weight', { dtype: 'F32', shape: [latents, inputs], data: weight }],
    ['encoder.bias', { dtype: 'F32', shape: [latents], data: latentBias }],
    ['W_dec', { dtype: 'F32', shape: [latents, inputs], data: decoder }],
    ['b_dec', { dtype: 'F32', shape: [inputs], data: bias }],
  ]
  const files = { [configFile]: configBytes(config), [weightsFile]: writeSafetensors(tensors) }
  return await written(files, folder)
}
