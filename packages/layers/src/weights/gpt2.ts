/**
 * The layout of GPT-2 (Radford et al., 2019) in Hugging Face's transformers. Its products are kept `[inputs, outputs]`, as
 * here; queries, keys and values are one product `[features, 3 features]`.
 */
import { parts } from './arrays.ts'
import { type WeightMapping, weightAndBias } from './mapping.ts'

const joined = (slot: 'weight' | 'bias'): string[] =>
  ['query', 'key', 'value'].map((name) => `blocks.{0}.attention.${name}.${slot}`)

/**
 * `GPT2Model` or `GPT2LMHeadModel` to `TextTransformer`. Build it with `order: 'pre'`, `causal: true`,
 * `positions: 'learned'`, `epsilon: 1e-5` and `activation: 'geluTanh'`. The output is tied to the embedding:
 * `model.embedding.logits(tokens)`.
 */
export const gpt2: WeightMapping = {
  name: 'GPT-2',
  prefixes: ['transformer.', 'model.'],
  rules: [
    { from: 'wte.weight', to: 'embedding.weight' },
    { from: 'wpe.weight', to: 'positions.weight' },
    ...weightAndBias('h.{0}.ln_1', 'blocks.{0}.attentionNorm'),
    { from: 'h.{0}.attn.c_attn.weight', to: joined('weight'), convert: parts(3, 1) },
    { from: 'h.{0}.attn.c_attn.bias', to: joined('bias'), convert: parts(3, 0) },
    ...weightAndBias('h.{0}.attn.c_proj', 'blocks.{0}.attention.output'),
    ...weightAndBias('h.{0}.ln_2', 'blocks.{0}.feedForwardNorm'),
    ...weightAndBias('h.{0}.mlp.c_fc', 'blocks.{0}.feedForward.widen'),
    ...weightAndBias('h.{0}.mlp.c_proj', 'blocks.{0}.feedForward.narrow'),
    ...weightAndBias('ln_f', 'norm'),
  ],
  // The causal mask that old files hold, and the output that is the embedding again.
  ignore: ['h.{0}.attn.bias', 'h.{0}.attn.masked_bias', 'lm_head.weight'],
}
