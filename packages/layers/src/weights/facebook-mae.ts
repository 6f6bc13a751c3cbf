/**
 * The layout of facebookresearch's masked autoencoders (He et al., 2021): a timm ViT, and beside it a decoder of such blocks.
 */
import { transposed, withoutAxes } from './arrays.ts'
import { inside, type WeightMapping, weightAndBias } from './mapping.ts'
import { timmBlock, timmVit } from './timm-vit.ts'

/**
 * `MaskedAutoencoderViT` to `MAE` of `@winnow/mae`, decoder and all. The published encoders, which come without a decoder,
 * are loaded by {@link facebookMaeEncoder}.
 */
export const facebookMae: WeightMapping = {
  name: 'facebookresearch MAE',
  prefixes: ['module.', 'model.'],
  rules: [
    ...inside('encoder', timmVit.rules),
    ...inside('decoder', [
      ...weightAndBias('decoder_embed', 'embedding', transposed),
      { from: 'mask_token', to: 'maskToken', convert: withoutAxes(2) },
      { from: 'decoder_pos_embed', to: 'positions.weight', convert: withoutAxes(1) },
      ...timmBlock('decoder_blocks.{0}', 'transformer.blocks.{0}'),
      ...weightAndBias('decoder_norm', 'transformer.norm'),
      ...weightAndBias('decoder_pred', 'head', transposed),
    ]),
  ],
}

/**
 * The encoder of a masked autoencoder to `VisionTransformer`, from a file with or without the decoder. Build it with
 * `positions: 'sinCos'` (the file's own are the same, and are loaded) and `epsilon: 1e-6`.
 */
export const facebookMaeEncoder: WeightMapping = {
  ...timmVit,
  name: 'facebookresearch MAE, encoder',
  ignore: [...(timmVit.ignore ?? []), 'decoder_*', 'mask_token'],
}
