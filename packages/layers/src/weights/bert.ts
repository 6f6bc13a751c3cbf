/**
 * The layout of BERT (Devlin et al., 2019) in Hugging Face's transformers, and of sentence encoders made of it, such as
 * all-MiniLM-L6-v2 (sentence-transformers).
 */
import { transposed } from './arrays.ts'
import { type WeightMapping, type WeightRule, weightAndBias } from './mapping.ts'

/** Old files call a norm's weight and bias gamma and beta. */
function norm(from: string, to: string): readonly WeightRule[] {
  return [
    { from: [`${from}.weight`, `${from}.gamma`], to: `${to}.weight` },
    { from: [`${from}.bias`, `${from}.beta`], to: `${to}.bias` },
  ]
}

/**
 * `BertModel` to `TextTransformer`, also with `bert.` before the names. Build it with `order: 'post'`, `epsilon: 1e-12`,
 * `activation: 'gelu'`, `positions: 'learned'`, `segments: 2` and `embeddingNorm: true`. Pooler and task heads are left out.
 */
export const bert: WeightMapping = {
  name: 'BERT',
  prefixes: ['bert.', 'model.', '0.auto_model.'],
  rules: [
    { from: 'embeddings.word_embeddings.weight', to: 'embedding.weight' },
    { from: 'embeddings.position_embeddings.weight', to: 'positions.weight' },
    { from: 'embeddings.token_type_embeddings.weight', to: 'segments.weight' },
    ...norm('embeddings.LayerNorm', 'embeddingNorm'),
    ...(['query', 'key', 'value'] as const).flatMap((name) =>
      weightAndBias(
        `encoder.layer.{0}.attention.self.${name}`,
        `blocks.{0}.attention.${name}`,
        transposed,
      ),
    ),
    ...weightAndBias(
      'encoder.layer.{0}.attention.output.dense',
      'blocks.{0}.attention.output',
      transposed,
    ),
    ...norm('encoder.layer.{0}.attention.output.LayerNorm', 'blocks.{0}.attentionNorm'),
    ...weightAndBias(
      'encoder.layer.{0}.intermediate.dense',
      'blocks.{0}.feedForward.widen',
      transposed,
    ),
    ...weightAndBias('encoder.layer.{0}.output.dense', 'blocks.{0}.feedForward.narrow', transposed),
    ...norm('encoder.layer.{0}.output.LayerNorm', 'blocks.{0}.feedForwardNorm'),
  ],
  ignore: [
    'embeddings.position_ids',
    'embeddings.token_type_ids',
    'pooler.*',
    'cls.*',
    'classifier.*',
    'qa_outputs.*',
  ],
}
