export { gzipBitsPerByte } from './baseline/gzip.ts'
export {
  type NGramBitsOptions,
  NGramModel,
  type NGramOptions,
  nGramBitsPerByte,
} from './baseline/n-gram.ts'
export {
  type BitsPerByte,
  type BitsPerByteOptions,
  bitsPerByte,
  bytesOf,
} from './bits-per-byte.ts'
export { packTexts, sequenceBatches, sequences } from './data/documents.ts'
export { type GenerateOptions, generate } from './generate.ts'
export {
  type Edit,
  LanguageModel,
  type LanguageModelConfig,
  type LanguageModelOptions,
  type LanguageModelResult,
} from './language-model.ts'
export type { SampleOptions } from './sample-logits.ts'
