export type { Activation, ActivationInput } from './activations/activation.ts'
export { type ActivationSpec, defineActivation } from './activations/define.ts'
export { type JumpReluSpec, jumpRelu } from './activations/jump-relu.ts'
export { type ReluSpec, relu } from './activations/relu.ts'
export { type TopKSpec, topK } from './activations/top-k.ts'
export type { Constraint } from './constraints/constraint.ts'
export { type ConstraintSpec, defineConstraint } from './constraints/define.ts'
export { type UnitNormDecoderSpec, unitNormDecoder } from './constraints/unit-norm-decoder.ts'
export type { Encoding, LatentCode } from './encoding.ts'
export { readDictionaryLearning, writeDictionaryLearning } from './formats/dictionary-learning.ts'
export type { SaeFiles, SaePlace } from './formats/files.ts'
export { type RecordOptions, recordOf, sparseAutoencoderFrom } from './formats/model.ts'
export type { RecordActivation, SaeRecord } from './formats/record.ts'
export { readSaelens, writeSaelens } from './formats/saelens.ts'
export { readSparsify, writeSparsify } from './formats/sparsify.ts'
export { type InitialiseOptions, initialiseFromData } from './initialise/from-data.ts'
export { type GeometricMedianOptions, geometricMedian } from './initialise/geometric-median.ts'
export { type AuxKOptions, type AuxKSpec, auxK } from './losses/aux-k.ts'
export { defineLoss, type LossSpec } from './losses/define.ts'
export { type L1Options, type L1Spec, l1 } from './losses/l1.ts'
export type { AddedLoss, LossInput } from './losses/loss.ts'
export { type MultiTopKOptions, type MultiTopKSpec, multiTopK } from './losses/multi-top-k.ts'
export {
  type Ablation,
  type AblationOptions,
  ablationSparsity,
  measureAblations,
} from './metrics/ablation-sparsity.ts'
export {
  type ConformanceOptions,
  type ConformanceResult,
  explainedVarianceConformance,
} from './metrics/conformance.ts'
export { evaluateSae, type SaeEvaluation } from './metrics/evaluate-sae.ts'
export { explainedVariance, normalisedMeanSquaredError } from './metrics/explained-variance.ts'
export {
  type Edit,
  lossRecovered,
  type SplicedLosses,
  type SpliceOptions,
  spliceLosses,
} from './metrics/loss-recovered.ts'
export { type ProbeLoss, probeLoss } from './metrics/probe-loss.ts'
export { explainedVarianceAs, type RivalDefinition } from './metrics/rivals.ts'
export type { Reconstructed } from './metrics/rows.ts'
export { deadLatents, l0 } from './metrics/sparsity.ts'
export type { ExampleScale } from './normalise.ts'
export type { PartBuilder, PartPlace, PartSpec } from './parts.ts'
export type { Path } from './path.ts'
export { type ReluSaeOptions, reluSae } from './relu-sae.ts'
export {
  SparseAutoencoder,
  type SparseAutoencoderConfig,
  type SparseAutoencoderLoss,
  type SparseCode,
} from './sparse-autoencoder.ts'
export { type TopKSaeOptions, topKSae } from './top-k-sae.ts'
