export type { TinyModelCard } from './card.ts'
export { type LoadOptions, loadTinyCard, loadTinyModel, type TinyModel } from './load-tiny-model.ts'
