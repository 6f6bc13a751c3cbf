export { type LoadOptions, loadTinyModel, type TinyModel } from './load-tiny-model.ts'
