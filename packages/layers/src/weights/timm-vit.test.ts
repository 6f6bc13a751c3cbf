import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, writeSafetensors } from '@winnow/core'
import { expect, test } from 'vitest'
import {
  layerNorm,
  randomFile,
  tensorsOf,
  timmBlock,
  timmBlockShapes,
} from '../testing/foreign-weights.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import {
  VisionTransformer,
  type VisionTransformerConfig,
} from '../transformer/vision-transformer.ts'
import { loadWeights } from './load-weights.ts'
import { timmVit } from './timm-vit.ts'

const [features, heads, hidden] = [12, 3, 20]

function vit(config: Partial<VisionTransformerConfig> = {}): VisionTransformer {
  const size = { features, heads, hidden, depth: 2, epsilon: 1e-6 }
  return new VisionTransformer(
    { image: [4, 6, 3], patch: 2, positions: 'learned', ...size, ...config },
    new Rng(9),
  )
}

const shapes: Record<string, number[]> = {
  cls_token: [1, 1, features],
  pos_embed: [1, 7, features],
  'patch_embed.proj.weight': [features, 3, 2, 2],
  'patch_embed.proj.bias': [features],
  ...timmBlockShapes('blocks.0', features, hidden),
  ...timmBlockShapes('blocks.1', features, hidden),
  'norm.weight': [features],
  'norm.bias': [features],
  'head.weight': [5, features],
  'head.bias': [5],
}

/** As timm computes it: a strided convolution, rows of patches one after another, the class token before them. */
function reference(x: tf.Tensor, at: (name: string) => tf.Tensor): tf.Tensor {
  const kernel = tf.transpose(at('patch_embed.proj.weight'), [2, 3, 1, 0])
  const map = tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 2, 'valid')
  const patches = tf.reshape(tf.add(map, at('patch_embed.proj.bias')), [2, 6, features])
  const all = tf.concat([tf.tile(at('cls_token'), [2, 1, 1]), patches], 1)
  let y: tf.Tensor = tf.add(all, at('pos_embed'))
  for (const path of ['blocks.0', 'blocks.1']) y = timmBlock(y, at, path, heads)
  return layerNorm(y, at('norm.weight'), at('norm.bias'), 1e-6)
}

test('the loaded transformer computes what timm does with the same file', async () => {
  const file = randomFile(shapes)
  const model = vit()
  const { loaded, ignored, kept } = await loadWeights(model, writeSafetensors(file), timmVit)
  expect(ignored).toEqual(['head.bias', 'head.weight'])
  expect(kept).toEqual([])
  expect(loaded).toHaveLength(6 + 2 * 16)
  const x = normal([2, 4, 6, 3])
  const expected = reference(x, tensorsOf(file))
  const { class: token, tokens } = model.forward(x)
  const all = tf.concat([tf.expandDims(token as tf.Tensor, 1), tokens], 1)
  expectClose(all, expected, 1e-5)
})

test('layer scale, and prefixes that training adds', async () => {
  const scales = Object.fromEntries(
    ['blocks.0', 'blocks.1'].flatMap((path) => [
      [`${path}.ls1.gamma`, [features]],
      [`${path}.ls2.gamma`, [features]],
    ]),
  )
  const file = randomFile({ ...shapes, ...scales })
  const renamed = new Map([...file].map(([name, value]) => [`module.${name}`, value]))
  const model = vit({ layerScale: 1 })
  await loadWeights(model, renamed, timmVit)
  const x = normal([2, 4, 6, 3])
  const expected = reference(x, tensorsOf(file))
  expectClose(model.forward(x).tokens, tf.slice(expected, [0, 1, 0]), 1e-5)
  await expect(loadWeights(vit(), file, timmVit)).rejects.toThrow(
    'not expected: blocks.0.ls1.gamma (the module has no blocks.0.layerScale.attention)',
  )
})

test('another patch or image size does not fit, and nothing changes', async () => {
  const file = randomFile(shapes)
  const model = vit({ image: [4, 4, 3], patch: 4 })
  const before = valuesOf(model.blocks[0]?.attention.query.weight.value as tf.Tensor)
  await expect(loadWeights(model, file, timmVit, { name: 'vit.safetensors' })).rejects.toThrow(
    "vit.safetensors: does not fit this VisionTransformer by the mapping 'timm ViT': of another shape: " +
      'positions.weight: [1,7,12] of pos_embed makes [7,12], expected [2,12], ' +
      'patchEmbedding.weight: [12,3,2,2] of patch_embed.proj.weight makes [12,12], expected [48,12]',
  )
  expect(valuesOf(model.blocks[0]?.attention.query.weight.value as tf.Tensor)).toEqual(before)
})
