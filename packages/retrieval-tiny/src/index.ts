export type { CardInterval, TinySearchCard } from './card.ts'
export {
  type LoadOptions,
  loadTinyRetriever,
  loadTinySearchCard,
  type TinyRetriever,
} from './load-tiny-retriever.ts'
