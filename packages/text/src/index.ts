export { type EncodedWords, type Tokenizer, tokenizerFrom } from './tokenizer/tokenizer.ts'
export {
  PASSAGE_TOKENS,
  type TrainTokenizerOptions,
  trainTokenizer,
} from './tokenizer/train-tokenizer.ts'
