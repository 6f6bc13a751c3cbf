export {
  MaskedLanguageHead,
  type MaskedLanguageHeadConfig,
} from './encoder/masked-language-head.ts'
export { maxPooledLogits } from './encoder/max-pooled-logits.ts'
export {
  type EncodedPassages,
  type EncodeOptions,
  PassageEncoder,
  type PassageEncoderConfig,
} from './encoder/passage-encoder.ts'
export { type SpecialIds, specialIdsOf } from './encoder/special-ids.ts'
export { distillationLoss, marginLoss } from './finetune/distillation.ts'
export {
  mineHardNegatives,
  type NegativeOptions,
  type NegativeQuery,
  type NegativeSource,
} from './finetune/hard-negatives.ts'
export { type InfoNce, type InfoNceOptions, infoNce } from './finetune/info-nce.ts'
export { type PairOptions, pairDataset } from './finetune/pairs.ts'
export {
  keepLargest,
  normalised,
  type PassageModel,
  type Representation,
  score,
} from './finetune/representation.ts'
export {
  type ProbeValue,
  type RetrievalProbe,
  type RetrievalProbeOptions,
  retrievalProbe,
} from './finetune/retrieval-probe.ts'
export {
  type EmbeddingConfig,
  type LexicalEntries,
  type RetrievalBatch,
  Retriever,
  type RetrieverConfig,
} from './finetune/retriever.ts'
export { type NamedPassages, type SearchAllOptions, searchAll } from './finetune/search-all.ts'
export {
  type BeirDataset,
  type BeirSplit,
  formatTextRecords,
  parseTextRecords,
  readBeir,
  type TextRecord,
  writeBeir,
} from './formats/beir.ts'
export type { TextContent } from './formats/lines.ts'
export {
  formatQrels,
  parseQrels,
  type QrelsFormat,
  readQrels,
  writeQrels,
} from './formats/qrels.ts'
export { formatRun, parseRun, readRun, writeRun } from './formats/trec-run.ts'
export type { Qrels, Run, RunHit } from './metrics/judgements.ts'
export { meanAveragePrecision } from './metrics/mean-average-precision.ts'
export type { CutOptions, Measured, MeasureOptions } from './metrics/measure.ts'
export { mrr } from './metrics/mrr.ts'
export { ndcg } from './metrics/ndcg.ts'
export {
  type BootstrapOptions,
  bootstrap,
  type Interval,
  type PairedBootstrap,
  pairedBootstrap,
} from './metrics/paired-bootstrap.ts'
export { recall } from './metrics/recall.ts'
export { bagOfWordsLoss } from './pretrain/bag-of-words.ts'
export {
  type BottleneckGap,
  type BottleneckGapOptions,
  bottleneckGap,
} from './pretrain/bottleneck-gap.ts'
export {
  type DecoderChoice,
  dupMae,
  maskedLanguageModel,
  type PretrainingChoice,
  retroMae,
} from './pretrain/choices.ts'
export { EnhancedDecoder, type EnhancedDecoderConfig } from './pretrain/enhanced-decoder.ts'
export {
  type EncodePassagesOptions,
  encodePassages,
  type PassageArrays,
  passageArrays,
} from './pretrain/passages.ts'
export {
  type PretrainingBatch,
  RetrievalPretraining,
  type RetrievalPretrainingConfig,
} from './pretrain/retrieval-pretraining.ts'
export {
  Analyzer,
  type AnalyzerConfig,
  englishStopWords,
  type Stemming,
  type Word,
} from './search/analyzer.ts'
export { type Bm25Config, Bm25Index } from './search/bm25-index.ts'
export type { Similarity, VectorConfig } from './search/dense-vector.ts'
export { ExactIndex, type ExactIndexOptions } from './search/exact-index.ts'
export { type FuseOptions, fuse } from './search/fuse.ts'
export { highlight, type TextRange } from './search/highlight.ts'
export {
  type HnswConfig,
  HnswIndex,
  type HnswIndexOptions,
  type HnswSearchOptions,
} from './search/hnsw-index.ts'
export {
  type AddOptions,
  type Embedder,
  HybridSearch,
  type HybridSearchOptions,
  type SearchDocument,
} from './search/hybrid-search.ts'
export {
  type IndexClass,
  indexKind,
  loadIndex,
  type ReadIndexOptions,
  saveIndex,
} from './search/index-file.ts'
export { InvertedIndex, type InvertedIndexOptions } from './search/inverted-index.ts'
export { type ModelIdentity, modelIdentity } from './search/model-identity.ts'
export {
  type Passage,
  type PassageOptions,
  splitPassages,
  type TokenCounter,
} from './search/passages.ts'
export type {
  Filter,
  FilterValue,
  Hit,
  Metadata,
  SearchIndex,
  SearchOptions,
} from './search/search-index.ts'
export type { SparseVector } from './search/sparse-vector.ts'
