/**
 * The layout of vision transformers in timm (Wightman, 2019), which facebookresearch's MAE, DeiT and DINO share.
 */
import { parts, patchKernel, transposed, unchanged, withoutAxes } from './arrays.ts'
import { type WeightMapping, type WeightRule, weightAndBias } from './mapping.ts'

/** The three parts of a fused product, in their order. */
function queryKeyValue(path: string, slot: 'weight' | 'bias'): string[] {
  return ['query', 'key', 'value'].map((name) => `${path}.${name}.${slot}`)
}

/** One block, `from` and `to` naming it with its number: queries, keys and values are one product `[3 features, features]`. */
export function timmBlock(from: string, to: string): readonly WeightRule[] {
  return [
    ...weightAndBias(`${from}.norm1`, `${to}.attentionNorm`),
    {
      from: `${from}.attn.qkv.weight`,
      to: queryKeyValue(`${to}.attention`, 'weight'),
      convert: parts(3, 0, transposed),
    },
    {
      from: `${from}.attn.qkv.bias`,
      to: queryKeyValue(`${to}.attention`, 'bias'),
      convert: parts(3, 0, unchanged),
    },
    ...weightAndBias(`${from}.attn.proj`, `${to}.attention.output`, transposed),
    { from: `${from}.ls1.gamma`, to: `${to}.layerScale.attention` },
    ...weightAndBias(`${from}.norm2`, `${to}.feedForwardNorm`),
    ...weightAndBias(`${from}.mlp.fc1`, `${to}.feedForward.widen`, transposed),
    ...weightAndBias(`${from}.mlp.fc2`, `${to}.feedForward.narrow`, transposed),
    { from: `${from}.ls2.gamma`, to: `${to}.layerScale.feedForward` },
  ]
}

/**
 * timm's `VisionTransformer` to ours. Build it with `positions: 'learned'`, `epsilon: 1e-6`, `activation: 'gelu'` and, where
 * the file has `ls1.gamma`, `layerScale`; images are normalised as the model's card says. The classifier (`head`, `fc_norm`)
 * is left out. A file without `norm` (timm's global pool `avg` moves it to `fc_norm`) fits `finalNorm: false`.
 */
export const timmVit: WeightMapping = {
  name: 'timm ViT',
  prefixes: ['module.', 'model.'],
  rules: [
    { from: 'cls_token', to: 'classToken', convert: withoutAxes(2) },
    { from: 'pos_embed', to: 'positions.weight', convert: withoutAxes(1) },
    ...weightAndBias('patch_embed.proj', 'patchEmbedding', patchKernel),
    ...timmBlock('blocks.{0}', 'blocks.{0}'),
    ...weightAndBias('norm', 'norm'),
  ],
  ignore: ['head.*', 'head_dist.*', 'fc_norm.*', 'pre_logits.*'],
}
