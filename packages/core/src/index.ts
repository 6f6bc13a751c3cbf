export type { ActivationBatchesOptions } from './activations/activation-set.ts'
export { ActivationSet, openActivations } from './activations/activation-set.ts'
export type { CollectOptions, CollectProgress } from './activations/collect.ts'
export { collectActivations } from './activations/collect.ts'
export type { ActivationIndex, ActivationType, Shard } from './activations/index-file.ts'
export type { ActivationModel, BatchFields, GraphModelLike } from './activations/source.ts'
export type { ActivationPlace, ActivationStore } from './activations/store.ts'
export { folderStore, memoryStore } from './activations/store.ts'
export type { Autoencoder, ReconstructOptions } from './autoencoder.ts'
export type { FoundBackend, Refusal } from './backend/choose.ts'
export { DeviceError, type DeviceFailure } from './backend/device-error.ts'
export type { BackendOptions } from './backend/driver.ts'
export { prepareBackend } from './backend/prepare.ts'
export { type BackendReport, backends, useBackend } from './backend/use-backend.ts'
export type { DrawValues, HostDataType } from './capture.ts'
export { readFileBytes, writeFileAtomic } from './checkpoint/files.ts'
export { fromBfloat16Bits, fromFloat16Bits } from './checkpoint/float16.ts'
export type { ModelClass, SaveOptions } from './checkpoint/model.ts'
export { deserialise, load, restore, save, serialise } from './checkpoint/model.ts'
export type { CheckpointData, CheckpointTensor, Safetensors } from './checkpoint/safetensors.ts'
export { parseSafetensors, writeSafetensors } from './checkpoint/safetensors.ts'
export type { SafetensorsType } from './checkpoint/storage.ts'
export { type CheckpointStore, fileStore } from './checkpoint/store.ts'
export { type Compiled, type CompileOptions, compile } from './compile.ts'
export { asBatches, type DataSource } from './data/as-batches.ts'
export { type Augmentation, randomCrop, randomFlip, randomShift } from './data/augment.ts'
export type {
  BatchesOptions,
  BatchMap,
  PartialBatch,
  Position,
  ProduceBatches,
} from './data/batches.ts'
export { Batches } from './data/batches.ts'
export { type CsvOptions, parseCsv, type Table } from './data/csv.ts'
export { ArrayDataset, type DatasetFields, type DatasetView, fromArrays } from './data/dataset.ts'
export { gunzip, isGzip } from './data/gzip.ts'
export type {
  FileArray,
  FileData,
  FileDataType,
  HostArray,
  HostBatch,
  HostData,
} from './data/host-array.ts'
export { toHostArray } from './data/host-array.ts'
export { parseIdx } from './data/idx.ts'
export type { NormalisationConfig } from './data/normalisation.ts'
export { Normalisation, rangeNormalisation, standardNormalisation } from './data/normalisation.ts'
export { parseNpy, writeNpy } from './data/npy.ts'
export { randomBinarise } from './data/random-binarise.ts'
export { type RandomResizedCropOptions, randomResizedCrop } from './data/random-resized-crop.ts'
export type { StreamFields, StreamItem, StreamSource } from './data/stream.ts'
export { fromIterable, StreamDataset } from './data/stream.ts'
export { bernoulli } from './distribution/bernoulli.ts'
export { type BinariseOptions, binarise } from './distribution/binarise.ts'
export type { DiscretisedLogisticOptions } from './distribution/discretised-logistic.ts'
export { discretisedLogistic } from './distribution/discretised-logistic.ts'
export type {
  Distribution,
  PosteriorFamily,
  Prior,
  SampleOptions,
} from './distribution/distribution.ts'
export type { Gaussian, GaussianOptions, GaussianParameters } from './distribution/gaussian.ts'
export {
  diagonalGaussian,
  gaussian,
  gaussianKl,
  gaussianKlToStandardNormal,
  gaussianLogDensity,
  isGaussian,
} from './distribution/gaussian.ts'
export type { GaussianLikelihoodOptions } from './distribution/gaussian-likelihood.ts'
export { gaussianLikelihood } from './distribution/gaussian-likelihood.ts'
export type { Likelihood } from './distribution/likelihood.ts'
export { type Bounds, softBound } from './distribution/soft-bound.ts'
export { standardNormal } from './distribution/standard-normal.ts'
export type { ValueRange } from './distribution/value-range.ts'
export type { Divergence, DivergenceResult } from './divergence/divergence.ts'
export { applyFreeBits, type FreeBitsOptions, freeBits } from './divergence/free-bits.ts'
export { kl, monteCarloKl, sampledKl } from './divergence/kl.ts'
export type { ImqKernel, MmdOptions, RbfKernel } from './divergence/mmd.ts'
export { maximumMeanDiscrepancy, mmd } from './divergence/mmd.ts'
export type { SlicedWassersteinOptions } from './divergence/sliced-wasserstein.ts'
export {
  slicedWasserstein,
  slicedWassersteinDistance,
  sphereDirections,
} from './divergence/sliced-wasserstein.ts'
export { check, nearest, unknownName, WinnowError } from './error.ts'
export { copyInto, type EmaOptions, ema, functionalCall } from './functional.ts'
export { logSoftmax } from './gradients/activation.ts'
export { einsum } from './gradients/contraction.ts'
export { gelu } from './gradients/gelu.ts'
export { gradient, type ValueAndGradient, valueAndGradient } from './gradients/gradient.ts'
export { higherOrder, needsHigherOrder } from './gradients/higher-order.ts'
export { type LayerNormOptions, layerNorm } from './gradients/layer-norm.ts'
export { type OwnGradient, ownGradient } from './gradients/own-gradient.ts'
export { registerGradients } from './gradients/register.ts'
export { stopGradient, withoutGradient } from './gradients/stop-gradient.ts'
export { type HostCallOptions, hostCall } from './host-call.ts'
export { singularValues } from './linalg/singular-values.ts'
export type { SymmetricEigen, SymmetricEigenOptions } from './linalg/symmetric-eigen.ts'
export { symmetricEigen } from './linalg/symmetric-eigen.ts'
export { type ActiveUnits, type ActiveUnitsOptions, activeUnits } from './metrics/active-units.ts'
export { type BitsPerDimensionOptions, bitsPerDimension } from './metrics/bits-per-dimension.ts'
export { type EffectiveRankOptions, effectiveRank } from './metrics/effective-rank.ts'
export { importanceWeightedBound, logMeanExp } from './metrics/importance-weighted-bound.ts'
export type { DataRange } from './metrics/mean-squared-error.ts'
export { meanSquaredError, peakSignalToNoiseRatio } from './metrics/mean-squared-error.ts'
export { multiScaleStructuralSimilarity } from './metrics/multi-scale-structural-similarity.ts'
export { structuralSimilarity } from './metrics/structural-similarity.ts'
export type { NamedSlot, Selector } from './module.ts'
export { Module, modules, parameterCount, parameters, slots, states, visit } from './module.ts'
export { type AdamScaleOptions, scaleByAdam } from './optim/adam.ts'
export type { Algebra } from './optim/algebra.ts'
export { Arena, arenaCapacity } from './optim/arena.ts'
export { type AverageOptions, averagedParameters, averageParameters } from './optim/average.ts'
export { chain, type PartitionGroup, partition } from './optim/chain.ts'
export { clipByGlobalNorm, clipByValue } from './optim/clip.ts'
export type {
  ElementwiseDefinition,
  Rule,
  RuleInput,
  RuleOutput,
  Stage,
} from './optim/elementwise.ts'
export { elementwise, globalNorm } from './optim/elementwise.ts'
export type {
  FusedArrays,
  FusedOptimizer,
  FusedStep,
  FusedUpdate,
  FuseOptions,
} from './optim/fuse.ts'
export { euclideanNorm, fuse } from './optim/fuse.ts'
export { type LayerwiseDecayOptions, layerwiseDecay } from './optim/layerwise-decay.ts'
export { scaleBy, scaleByLearningRate } from './optim/learning-rate.ts'
export { type LionScaleOptions, scaleByLion } from './optim/lion.ts'
export type { CompositeMemory, ElementwiseMemory } from './optim/memory.ts'
export { type MomentumOptions, momentum } from './optim/momentum.ts'
export type {
  MuonOptions,
  MuonScale,
  MuonScaleOptions,
  OrthogonalizeOptions,
} from './optim/muon.ts'
export { hiddenMatrices, muon, newtonSchulz, orthogonalize, scaleByMuon } from './optim/muon.ts'
export { applyUpdates, type Named, type Optimizer, type UpdateContext } from './optim/optimizer.ts'
export type {
  AdamOptions,
  AdamWOptions,
  DecayOptions,
  LionOptions,
  OptimizerOptions,
  SgdOptions,
} from './optim/optimizers.ts'
export { adam, adamW, lion, sgd } from './optim/optimizers.ts'
export type {
  DescribedSchedule,
  RampOptions,
  Schedule,
  ScheduleDescription,
  WarmupCosineOptions,
} from './optim/schedule.ts'
export {
  constant,
  cosine,
  join,
  linear,
  piecewise,
  scheduleFrom,
  warmup,
  warmupCosine,
} from './optim/schedule.ts'
export { addDecayedWeights, matrices, type WeightDecayOptions } from './optim/weight-decay.ts'
export type { Accuracy } from './probe/accuracy.ts'
export type { ClassifierConfig, ClassifierLoss, LabelledBatch } from './probe/classifier.ts'
export { Classifier } from './probe/classifier.ts'
export type { ExtractedFeatures, ExtractOptions, FeatureModel } from './probe/extract-features.ts'
export { extractFeatures } from './probe/extract-features.ts'
export type { Features } from './probe/features.ts'
export { LinearHead, type LinearHeadConfig } from './probe/linear-head.ts'
export type { LinearProbeOptions, LinearProbeResult } from './probe/linear-probe.ts'
export { linearProbe } from './probe/linear-probe.ts'
export { LinearProbe } from './probe/linear-probe-module.ts'
export type {
  NearestNeighboursOptions,
  NearestNeighboursResult,
} from './probe/nearest-neighbours.ts'
export { nearestNeighbours } from './probe/nearest-neighbours.ts'
export { Rng, type RngOrigin, type RngState } from './rng.ts'
export { both, frozen, not, only } from './select.ts'
export { Parameter, Slot, State } from './slot.ts'
export type { HostFunction, Program, TensorSpec, Trace, Tracer } from './tracer.ts'
export { activeTracer } from './tracer.ts'
export type { EarlyStoppingOptions } from './train/early-stopping.ts'
export { type EvaluateOptions, evaluate } from './train/evaluate.ts'
export { fit } from './train/fit.ts'
export type {
  CheckpointOptions,
  CheckpointPlace,
  FitCallbacks,
  FitOptions,
} from './train/fit-options.ts'
export type { EpochRecord, History, Metrics, StepRecord } from './train/history.ts'
export type {
  Batch,
  Context,
  LossResult,
  Objective,
  ObjectiveHooks,
  PeriodicWork,
  Phase,
  PhasedObjective,
  Trainable,
} from './train/objective.ts'
export { every, phasesOf } from './train/objective.ts'
export type { Progress } from './train/progress.ts'
export type { LoadedBatch, PassOptions } from './train/source.ts'
export { checkItems, inputsOf, loadEpoch } from './train/source.ts'
export type { Run } from './train/training-run.ts'
