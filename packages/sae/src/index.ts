export type { Activation, ActivationInput } from './activations/activation.ts'
export { type ActivationSpec, defineActivation } from './activations/define.ts'
export { type ReluSpec, relu } from './activations/relu.ts'
export { type TopKSpec, topK } from './activations/top-k.ts'
export type { Constraint } from './constraints/constraint.ts'
export { type ConstraintSpec, defineConstraint } from './constraints/define.ts'
export { type UnitNormDecoderSpec, unitNormDecoder } from './constraints/unit-norm-decoder.ts'
export type { Encoding, LatentCode } from './encoding.ts'
export { type AuxKOptions, type AuxKSpec, auxK } from './losses/aux-k.ts'
export { defineLoss, type LossSpec } from './losses/define.ts'
export { type L1Options, type L1Spec, l1 } from './losses/l1.ts'
export type { AddedLoss, LossInput } from './losses/loss.ts'
export { type MultiTopKOptions, type MultiTopKSpec, multiTopK } from './losses/multi-top-k.ts'
export type { ExampleScale } from './normalise.ts'
export type { PartBuilder, PartPlace, PartSpec } from './parts.ts'
export type { Path } from './path.ts'
export {
  SparseAutoencoder,
  type SparseAutoencoderConfig,
  type SparseAutoencoderLoss,
  type SparseCode,
} from './sparse-autoencoder.ts'
