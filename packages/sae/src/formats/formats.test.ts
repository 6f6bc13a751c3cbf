import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { deserialise, parseSafetensors, Rng, serialise, writeSafetensors } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { topK } from '../activations/top-k.ts'
import { unitNormDecoder } from '../constraints/unit-norm-decoder.ts'
import { SparseAutoencoder } from '../sparse-autoencoder.ts'
import { readDictionaryLearning, writeDictionaryLearning } from './dictionary-learning.ts'
import { configBytes, type SaeFiles } from './files.ts'
import { recordOf, sparseAutoencoderFrom } from './model.ts'
import type { RecordActivation, SaeRecord } from './record.ts'
import { readSaelens, writeSaelens } from './saelens.ts'
import { readSparsify, writeSparsify } from './sparsify.ts'
import { autoencoderFile, autoencoderInputs, autoencoderOutputs } from './testing/pytorch-files.ts'
import { floats, torchFile, whole } from './testing/torch-writer.ts'

let folder: string
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-formats-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const D = 3
const F = 5
const draw = (seed: number, length: number): Float32Array => new Rng(seed).normalValues(length)
const encoder = draw(1, D * F)
const decoder = draw(2, F * D)
const latentBias = draw(3, F)
const bias = draw(4, D)
const threshold = Float32Array.of(0.1, 0.5, 0, 1, 0.2)
const x = draw(5, 4 * D)

/** What is asked of the reference below. */
interface Asked {
  readonly act: (z: number[]) => number[]
  readonly subtract?: boolean
  readonly decoder?: Float32Array
}

/** The reconstruction of `x`, in a loop and in double precision. */
const reference = ({ act, subtract = true, decoder: own = decoder }: Asked): number[] => {
  const out: number[] = []
  for (let row = 0; row < 4; row++) {
    const input = Array.from({ length: D }, (_, i) => {
      return (x[row * D + i] as number) - (subtract ? (bias[i] as number) : 0)
    })
    const z = Array.from({ length: F }, (_, j) =>
      input.reduce(
        (sum, value, i) => sum + value * (encoder[i * F + j] as number),
        latentBias[j] as number,
      ),
    )
    const f = act(z)
    for (let i = 0; i < D; i++) {
      out.push(
        f.reduce((sum, value, j) => sum + value * (own[j * D + i] as number), bias[i] as number),
      )
    }
  }
  return out
}
const relu = (z: number[]): number[] => z.map((value) => Math.max(0, value))
const top =
  (k: number) =>
  (z: number[]): number[] => {
    const kept = [...z].sort((a, b) => b - a)[k - 1] as number
    return z.map((value) => (value >= kept ? Math.max(0, value) : 0))
  }
const jump = (z: number[]): number[] =>
  z.map((value, j) => (value > (threshold[j] as number) ? Math.max(0, value) : 0))

const rebuilt = (record: SaeRecord, input = x): number[] => {
  using sae = sparseAutoencoderFrom(record)
  return tf.tidy(() => [
    ...sae
      .reconstruct(tf.tensor2d(input, [input.length / record.inputs, record.inputs]))
      .dataSync(),
  ])
}
const expectClose = (values: number[], expected: readonly number[], tolerance = 1e-5): void => {
  expect(values).toHaveLength(expected.length)
  for (const [i, value] of values.entries()) {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(tolerance)
  }
}

const recordWith = (activation: RecordActivation): SaeRecord => ({
  inputs: D,
  latents: F,
  activation,
  normalise: 'none',
  parameters: {
    encoder,
    latentBias,
    decoder,
    bias,
    ...(activation.kind === 'jumpRelu' && { threshold }),
  },
  metadata: { hook_name: 'blocks.2' },
})

type Tensors = Record<string, [readonly number[], Float32Array]>
const safetensors = (tensors: Tensors, dtype: 'F32' | 'BF16' = 'F32'): Uint8Array =>
  writeSafetensors(
    Object.entries(tensors).map(([name, [shape, data]]) => [name, { dtype, shape, data }] as const),
  )
const transposed = (matrix: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] as number)

const saelens = (config: object, more: Tensors = {}): SaeFiles => ({
  'cfg.json': configBytes({ d_in: D, d_sae: F, dtype: 'float32', device: 'cuda', ...config }),
  'sae_weights.safetensors': safetensors({
    W_enc: [[D, F], encoder],
    W_dec: [[F, D], decoder],
    b_enc: [[F], latentBias],
    b_dec: [[D], bias],
    ...more,
  }),
})

describe('SAELens', () => {
  const cases: [string, SaeFiles, Asked, RecordActivation][] = [
    [
      'standard, version 6',
      saelens({
        architecture: 'standard',
        apply_b_dec_to_input: false,
        normalize_activations: 'none',
      }),
      { act: relu, subtract: false },
      { kind: 'relu' },
    ],
    [
      'the oldest, without architecture, with a factor of ones',
      saelens(
        { hook_point: 'blocks.1', use_ghost_grads: true },
        { scaling_factor: [[F], new Float32Array(F).fill(1)] },
      ),
      { act: relu },
      { kind: 'relu' },
    ],
    [
      'version 4 with a scaling factor',
      saelens(
        {
          architecture: 'standard',
          activation_fn_str: 'relu',
          finetuning_scaling_factor: true,
          normalize_activations: null,
        },
        { scaling_factor: [[F], threshold] },
      ),
      { act: (z) => relu(z).map((value, j) => value * (threshold[j] as number)) },
      { kind: 'relu' },
    ],
    [
      'topk, version 6',
      saelens({ architecture: 'topk', k: 2, apply_b_dec_to_input: true }),
      { act: top(2) },
      { kind: 'topK', k: 2 },
    ],
    [
      'topk, version 5',
      saelens({ architecture: 'standard', activation_fn: 'topk', activation_fn_kwargs: { k: 2 } }),
      { act: top(2) },
      { kind: 'topK', k: 2 },
    ],
    [
      'topk rescaled by the norms of the decoder',
      saelens({
        architecture: 'topk',
        k: 2,
        rescale_acts_by_decoder_norm: true,
        apply_b_dec_to_input: false,
      }),
      {
        subtract: false,
        act: (z) => {
          const norms = z.map((_, j) => Math.hypot(...decoder.subarray(j * D, (j + 1) * D)))
          const kept = top(2)(z.map((value, j) => value * (norms[j] as number)))
          return kept.map((value, j) => value / (norms[j] as number))
        },
      },
      { kind: 'topK', k: 2 },
    ],
    [
      'jumprelu',
      saelens(
        { architecture: 'jumprelu', apply_b_dec_to_input: false },
        { threshold: [[F], threshold] },
      ),
      { act: jump, subtract: false },
      { kind: 'jumpRelu' },
    ],
  ]

  it.each(cases)('reads %s', async (_, files, asked, activation) => {
    const record = await readSaelens(files)
    expect(record.activation).toEqual(activation)
    expectClose(rebuilt(record), reference(asked))
  })

  it('normalises examples where layer_norm is asked for', async () => {
    const record = await readSaelens(
      saelens({ architecture: 'standard', normalize_activations: 'layer_norm' }),
    )
    expect(record.normalise).toBe('perExample')
    const shifted = x.map((value) => 3 * value + 7)
    expectClose(
      rebuilt(record, shifted),
      rebuilt(record).map((value) => 3 * value + 7),
      1e-3,
    )
  })

  it.each<[RegExp | string, SaeFiles]>([
    ["architecture: 'gated' is not known", saelens({ architecture: 'gated' })],
    ["the activation 'tanh-relu' is not known", saelens({ activation_fn: 'tanh-relu' })],
    [
      'normalize_activations is "constant_norm_rescale"',
      saelens({ normalize_activations: 'constant_norm_rescale' }),
    ],
    ["d_sae is 9, but 'W_enc' has shape [3, 5]", saelens({ d_sae: 9 })],
    [
      'k: 6 came, expected a whole number from 1 to the 5 latents',
      saelens({ architecture: 'topk', k: 6 }),
    ],
    ['k is undefined', saelens({ architecture: 'topk' })],
    ["tensor: 'W_skip' is not known", saelens({}, { W_skip: [[D, D], draw(1, D * D)] })],
    ["'scaling_factor' is not all ones", saelens({}, { scaling_factor: [[F], threshold] })],
    ["has no tensor 'threshold'", saelens({ architecture: 'jumprelu' })],
    ["'b_enc' has shape [3], expected [5]", saelens({}, { b_enc: [[D], bias] })],
    ["'b_dec' holds NaN at 1", saelens({}, { b_dec: [[D], Float32Array.of(1, Number.NaN, 2)] })],
    ['cfg.json: there is no such file', {}],
    ['sae_weights.safetensors: there is no such file', { 'cfg.json': configBytes({}) }],
    ['cfg.json: not JSON, or cut off', { ...saelens({}), 'cfg.json': new Uint8Array([123]) }],
    [
      'sae_weights.safetensors: not a safetensors file, or a broken one',
      { ...saelens({}), 'sae_weights.safetensors': new Uint8Array(20) },
    ],
  ])('refuses: %s', async (message, files) => {
    await expect(readSaelens(files)).rejects.toThrow(message)
  })
})

describe('sparsify', () => {
  const sparsify = (config: object, dtype: 'F32' | 'BF16' = 'F32'): SaeFiles => ({
    'cfg.json': configBytes({
      expansion_factor: 2,
      normalize_decoder: true,
      num_latents: 0,
      d_in: D,
      ...config,
    }),
    'sae.safetensors': safetensors(
      {
        'encoder.weight': [[F, D], transposed(encoder, D, F)],
        'encoder.bias': [[F], latentBias],
        W_dec: [[F, D], decoder],
        b_dec: [[D], bias],
      },
      dtype,
    ),
  })

  it('reads its TopK, in bfloat16 too', async () => {
    const record = await readSparsify(sparsify({ k: 2 }))
    expectClose(rebuilt(record), reference({ act: top(2) }))
    const brain = await readSparsify(sparsify({ k: 2, activation: 'topk' }, 'BF16'))
    expectClose([...brain.parameters.encoder], [...encoder], 0.02)
    expect(brain.parameters.encoder).not.toEqual(encoder)
  })

  it.each([
    ["activation is 'groupmax'", { k: 2, activation: 'groupmax' }],
    ['transcode is true', { k: 2, transcode: true }],
    ['skip_connection is true', { k: 2, skip_connection: true }],
    ['k is undefined', {}],
    ['d_in is 4', { k: 2, d_in: 4 }],
  ])('refuses: %s', async (message, config) => {
    await expect(readSparsify(sparsify(config))).rejects.toThrow(message)
  })
})

describe('dictionary_learning', () => {
  const linear = {
    'encoder.weight': floats(transposed(encoder, D, F), [F, D]),
    'encoder.bias': floats(latentBias, [F]),
    'decoder.weight': floats(transposed(decoder, F, D), [D, F]),
  }
  const plain = {
    W_enc: floats(encoder, [D, F]),
    b_enc: floats(latentBias, [F]),
    W_dec: floats(decoder, [F, D]),
    b_dec: floats(bias, [D]),
  }
  const all = (z: number[]): number[] => z.map((value) => (value > 0.3 ? value : 0))
  const cases: [string, Parameters<typeof torchFile>[0], Asked][] = [
    ['AutoEncoder', { bias: floats(bias, [D]), ...linear }, { act: relu }],
    [
      'AutoEncoderNew',
      { ...linear, 'decoder.bias': floats(bias, [D]) },
      { act: relu, subtract: false },
    ],
    [
      'AutoEncoderTopK',
      { k: whole(2), threshold: floats([0.4], []), ...linear, b_dec: floats(bias, [D]) },
      { act: top(2) },
    ],
    [
      'BatchTopKSAE',
      { k: whole(2), threshold: floats([0.3], []), ...linear, b_dec: floats(bias, [D]) },
      { act: all },
    ],
    [
      'MatryoshkaBatchTopKSAE',
      { k: whole(2), threshold: floats([0.3], []), group_sizes: floats([2, 3], [2]), ...plain },
      { act: all },
    ],
    [
      'JumpReluAutoEncoder',
      { ...plain, threshold: floats(threshold, [F]) },
      { act: jump, subtract: false },
    ],
  ]

  it.each(cases)('reads %s from ae.pt', async (name, tensors, asked) => {
    const files = {
      'ae.pt': torchFile(tensors),
      'config.json': configBytes({
        trainer: { dict_class: name, lm_name: 'EleutherAI/pythia-70m' },
      }),
    }
    expectClose(rebuilt(await readDictionaryLearning(files)), reference(asked))
    // Without the configuration the names tell, but that BatchTopK looks as TopK does.
    if (name === 'BatchTopKSAE') return
    const alone = { 'ae.pt': files['ae.pt'] }
    expectClose(rebuilt(await readDictionaryLearning(alone)), reference(asked))
  })

  it('reads a real file of PyTorch, to the numbers that PyTorch gives', async () => {
    const files = { 'ae.pt': new Uint8Array(Buffer.from(autoencoderFile, 'base64')) }
    const record = await readDictionaryLearning(files)
    expect(record).toMatchObject({ inputs: 4, latents: 6, activation: { kind: 'topK', k: 2 } })
    expectClose(rebuilt(record, Float32Array.from(autoencoderInputs)), autoencoderOutputs, 1e-6)
  })

  it('refuses other classes and what is left over', async () => {
    const config = configBytes({ trainer: { dict_class: 'GatedAutoEncoder' } })
    const file = torchFile({ bias: floats(bias, [D]), ...linear })
    await expect(readDictionaryLearning({ 'ae.pt': file, 'config.json': config })).rejects.toThrow(
      "dict_class: 'GatedAutoEncoder' is not known",
    )
    const gated = torchFile({ ...linear, bias: floats(bias, [D]), r_mag: floats(latentBias, [F]) })
    await expect(readDictionaryLearning({ 'ae.pt': gated })).rejects.toThrow("'r_mag' is not known")
    await expect(readDictionaryLearning({})).rejects.toThrow(
      'ae.pt: there is no such file, nor ae.safetensors',
    )
  })
})

describe('what is written', () => {
  it.each([
    [{ kind: 'relu' }, 'saelens'],
    [{ kind: 'topK', k: 2 }, 'saelens'],
    [{ kind: 'jumpRelu' }, 'saelens'],
    [{ kind: 'topK', k: 2 }, 'sparsify'],
    [{ kind: 'relu' }, 'dictionary-learning'],
    [{ kind: 'topK', k: 2 }, 'dictionary-learning'],
  ] as const)('%j is read again to the bit: %s', async (activation, layout) => {
    const record = recordWith(activation)
    const place = join(folder, `${layout}-${activation.kind}`)
    const [write, read] = {
      saelens: [writeSaelens, readSaelens] as const,
      sparsify: [writeSparsify, readSparsify] as const,
      'dictionary-learning': [writeDictionaryLearning, readDictionaryLearning] as const,
    }[layout]
    const files = await write(record, place)
    expect(readdirSync(place).sort()).toEqual(Object.keys(files).sort())
    const again = await read(place)
    expect({ ...again, metadata: record.metadata }).toEqual(record)
    expect(await read(files)).toEqual(again)
    // And so are the files.
    expect(await write(again)).toEqual(files)
  })

  it('jumpRelu of dictionary_learning is read again to rounding, since it does not centre', async () => {
    const files = await writeDictionaryLearning(recordWith({ kind: 'jumpRelu' }))
    expectClose(rebuilt(await readDictionaryLearning(files)), reference({ act: jump }))
  })

  it('has the names, shapes and fields that the others load', async () => {
    const files = await writeSaelens(recordWith({ kind: 'topK', k: 2 }))
    const config = JSON.parse(new TextDecoder().decode(files['cfg.json']))
    expect(config).toMatchObject({
      architecture: 'topk',
      d_in: D,
      d_sae: F,
      k: 2,
      apply_b_dec_to_input: true,
      metadata: { hook_name: 'blocks.2' },
    })
    const names = (bytes: Uint8Array | undefined): Record<string, readonly number[]> =>
      Object.fromEntries(
        [...parseSafetensors(bytes as Uint8Array).tensors].map(([name, { shape }]) => [
          name,
          shape,
        ]),
      )
    expect(names(files['sae_weights.safetensors'])).toEqual({
      W_enc: [D, F],
      W_dec: [F, D],
      b_enc: [F],
      b_dec: [D],
    })
    const sparse = await writeSparsify(recordWith({ kind: 'topK', k: 2 }))
    expect(names(sparse['sae.safetensors'])).toEqual({
      'encoder.weight': [F, D],
      'encoder.bias': [F],
      W_dec: [F, D],
      b_dec: [D],
    })
    await expect(writeSparsify(recordWith({ kind: 'relu' }))).rejects.toThrow('expected topK')
  })
})

describe('models', () => {
  it('go to a record and back, and to a checkpoint, with their thresholds', async () => {
    using sae = sparseAutoencoderFrom(recordWith({ kind: 'jumpRelu' }))
    expect((await recordOf(sae)).parameters).toEqual(recordWith({ kind: 'jumpRelu' }).parameters)
    using copy = new SparseAutoencoder(sae.config, new Rng(3))
    await deserialise(copy, await serialise(sae))
    expect((await recordOf(copy)).parameters.threshold).toEqual(threshold)
  })

  it('train on with the losses and constraints that are asked for', async () => {
    const options = { constraints: [unitNormDecoder()], path: 'dense' } as const
    using sae = sparseAutoencoderFrom(recordWith({ kind: 'topK', k: 2 }), options)
    expect(sae.config).toMatchObject({ activation: topK(2), constraints: [unitNormDecoder()] })
    expect(sae.afterUpdate).toBeDefined()
  })

  it('leak nothing', () => {
    const before = tf.memory().numTensors
    rebuilt(recordWith({ kind: 'jumpRelu' }))
    expect(tf.memory().numTensors).toBe(before)
  })
})
