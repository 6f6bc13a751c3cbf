export { LanguageModel, type LanguageModelConfig } from './language-model.ts'
export { tokenLosses } from './token-losses.ts'
export { type Tokenizer, tokenizerFrom } from './tokenizer/tokenizer.ts'
export { trainTokenizer } from './tokenizer/train-tokenizer.ts'
