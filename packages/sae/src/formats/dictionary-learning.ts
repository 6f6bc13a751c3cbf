/**
 * The layout of dictionary_learning (saprmarks): `config.json` and `ae.pt`, a state dictionary of one of several classes.
 * `ae.pt` is read without executing anything of it. What is written is `ae.safetensors` with the same names:
 * `torch.save(safetensors.torch.load_file('ae.safetensors'), 'ae.pt')` makes the other of it.
 */
import { type CheckpointTensor, check, unknownName, writeSafetensors } from '@winnow/core'
import {
  configBytes,
  isRecord,
  nameIn,
  parseConfig,
  readIfThere,
  readOneOf,
  type SaeFiles,
  type SaePlace,
  written,
} from './files.ts'
import {
  checkRecord,
  type RecordActivation,
  type SaeRecord,
  shiftedBias,
  transposed,
} from './record.ts'
import { readTorchFile } from './torch-file.ts'
import { safetensorsWeights, Weights } from './weights.ts'

const configFile = 'config.json'
const torchFile = 'ae.pt'
const tensorsFile = 'ae.safetensors'

const classes = [
  'AutoEncoder',
  'AutoEncoderNew',
  'AutoEncoderTopK',
  'BatchTopKSAE',
  'MatryoshkaBatchTopKSAE',
  'JumpReluAutoEncoder',
] as const
type ClassName = (typeof classes)[number]

/**
 * Reads `AutoEncoder`, `AutoEncoderNew`, `AutoEncoderTopK`, `BatchTopKSAE`, `MatryoshkaBatchTopKSAE` (with their learnt
 * threshold, as they are used) and `JumpReluAutoEncoder`, as `config.json` says, or as the names of the tensors tell.
 *
 * @throws WinnowError when a file is missing or broken, or the model is of another class
 */
export async function readDictionaryLearning(place: SaePlace): Promise<SaeRecord> {
  const { bytes, file } = await readOneOf(place, [torchFile, tensorsFile])
  const weights = file.endsWith(torchFile)
    ? new Weights(await readTorchFile(bytes, file), file)
    : safetensorsWeights(bytes, file)
  const name = nameIn(place, configFile)
  const found = await readIfThere(place, configFile)
  const config = found === undefined ? {} : parseConfig(found, name)
  const trainer = isRecord(config['trainer']) ? config['trainer'] : {}
  const kind = classOf(trainer['dict_class'], weights, name)
  const layout = kind === 'JumpReluAutoEncoder' || kind === 'MatryoshkaBatchTopKSAE'
  const { inputs, latents, encoder, decoder } = layout
    ? await plainMatrices(weights)
    : await linearMatrices(weights)
  const biases = biasNames[kind]
  weights.expectOnly([
    ...(layout ? ['W_enc', 'W_dec'] : ['encoder.weight', 'decoder.weight']),
    biases.latents,
    biases.inputs,
    ...biases.more,
  ])
  const bias = await weights.take(biases.inputs, [inputs])
  const own = await weights.take(biases.latents, [latents])
  const latentBias = biases.subtracted ? own : shiftedBias(own, encoder, bias, 1)
  const { activation, threshold } = await activationOf(kind, weights, latents)
  return checkRecord(
    {
      inputs,
      latents,
      activation,
      normalise: 'none',
      parameters: { encoder, latentBias, decoder, bias, ...(threshold && { threshold }) },
      metadata: config,
    },
    file,
  )
}

/** What the biases are called, whether that of the inputs is taken from them, and what else a class has. */
const biasNames: Readonly<
  Record<
    ClassName,
    {
      readonly latents: string
      readonly inputs: string
      readonly subtracted: boolean
      readonly more: readonly string[]
    }
  >
> = {
  AutoEncoder: { latents: 'encoder.bias', inputs: 'bias', subtracted: true, more: [] },
  AutoEncoderNew: { latents: 'encoder.bias', inputs: 'decoder.bias', subtracted: false, more: [] },
  AutoEncoderTopK: {
    latents: 'encoder.bias',
    inputs: 'b_dec',
    subtracted: true,
    more: ['k', 'threshold'],
  },
  BatchTopKSAE: {
    latents: 'encoder.bias',
    inputs: 'b_dec',
    subtracted: true,
    more: ['k', 'threshold'],
  },
  MatryoshkaBatchTopKSAE: {
    latents: 'b_enc',
    inputs: 'b_dec',
    subtracted: true,
    more: ['k', 'threshold', 'group_sizes', 'group_indices'],
  },
  JumpReluAutoEncoder: {
    latents: 'b_enc',
    inputs: 'b_dec',
    subtracted: false,
    more: ['threshold'],
  },
}

function classOf(given: unknown, weights: Weights, name: string): ClassName {
  if (given !== undefined) {
    const known = classes.find((one) => one === given)
    if (known === undefined) throw unknownName(`${name}: dict_class`, String(given), classes)
    return known
  }
  if (weights.has('W_enc'))
    return weights.has('k') ? 'MatryoshkaBatchTopKSAE' : 'JumpReluAutoEncoder'
  if (weights.has('k')) return 'AutoEncoderTopK'
  return weights.has('decoder.bias') ? 'AutoEncoderNew' : 'AutoEncoder'
}

interface Matrices {
  readonly inputs: number
  readonly latents: number
  readonly encoder: Float32Array
  readonly decoder: Float32Array
}

/** Of `torch.nn.Linear`: each `[out, in]`. */
async function linearMatrices(weights: Weights): Promise<Matrices> {
  const [latents, inputs] = weights.matrixShape('encoder.weight')
  const encoder = await weights.take('encoder.weight', [latents, inputs])
  const decoder = await weights.take('decoder.weight', [inputs, latents])
  return {
    inputs,
    latents,
    encoder: transposed(encoder, latents, inputs),
    decoder: transposed(decoder, inputs, latents),
  }
}

async function plainMatrices(weights: Weights): Promise<Matrices> {
  const [inputs, latents] = weights.matrixShape('W_enc')
  const encoder = await weights.take('W_enc', [inputs, latents])
  return { inputs, latents, encoder, decoder: await weights.take('W_dec', [latents, inputs]) }
}

async function activationOf(
  kind: ClassName,
  weights: Weights,
  latents: number,
): Promise<{ readonly activation: RecordActivation; readonly threshold?: Float32Array }> {
  if (kind === 'AutoEncoder' || kind === 'AutoEncoderNew') return { activation: { kind: 'relu' } }
  if (kind === 'AutoEncoderTopK') {
    return { activation: { kind: 'topK', k: await weights.number('k') } }
  }
  const threshold =
    kind === 'JumpReluAutoEncoder'
      ? (await weights.take('threshold', [latents])).map((value) => Math.max(0, value))
      : new Float32Array(latents).fill(Math.max(0, await weights.number('threshold')))
  return { activation: { kind: 'jumpRelu' }, threshold }
}

/**
 * `config.json` and `ae.safetensors` with the names of `AutoEncoder`, `AutoEncoderTopK` or `JumpReluAutoEncoder`, written
 * to `folder` if one is given (Node only).
 * @throws WinnowError when examples are normalised, which the layout has no place for
 */
export async function writeDictionaryLearning(
  record: SaeRecord,
  folder?: string,
): Promise<SaeFiles> {
  const { inputs, latents, activation, normalise, parameters } = checkRecord(
    record,
    'writeDictionaryLearning',
  )
  check(
    normalise === 'none',
    () => `writeDictionaryLearning: normalise: '${normalise}' came, expected 'none'`,
  )
  const { encoder, latentBias, decoder, bias, threshold } = parameters
  const float = (shape: readonly number[], data: Float32Array): CheckpointTensor => {
    return { dtype: 'F32', shape, data }
  }
  const linear: [string, CheckpointTensor][] = [
    ['encoder.weight', float([latents, inputs], transposed(encoder, inputs, latents))],
    ['encoder.bias', float([latents], latentBias)],
    ['decoder.weight', float([inputs, latents], transposed(decoder, latents, inputs))],
  ]
  const layouts = {
    relu: () => [...linear, ['bias', float([inputs], bias)] as const],
    topK: () => [
      ...linear,
      ['b_dec', float([inputs], bias)] as const,
      [
        'k',
        { dtype: 'I32', shape: [], data: Int32Array.of((activation as { k: number }).k) },
      ] as const,
      ['threshold', float([], Float32Array.of(-1))] as const,
    ],
    jumpRelu: () => [
      ['W_enc', float([inputs, latents], encoder)] as const,
      ['b_enc', float([latents], shiftedBias(latentBias, encoder, bias, -1))] as const,
      ['W_dec', float([latents, inputs], decoder)] as const,
      ['b_dec', float([inputs], bias)] as const,
      ['threshold', float([latents], threshold as Float32Array)] as const,
    ],
  }
  const names = { relu: 'AutoEncoder', topK: 'AutoEncoderTopK', jumpRelu: 'JumpReluAutoEncoder' }
  const config = {
    trainer: {
      dict_class: names[activation.kind],
      activation_dim: inputs,
      dict_size: latents,
      ...(activation.kind === 'topK' && { k: activation.k }),
    },
  }
  const tensors = layouts[activation.kind]() as [string, CheckpointTensor][]
  const files = { [configFile]: configBytes(config), [tensorsFile]: writeSafetensors(tensors) }
  return await written(files, folder)
}
