export type { QuantiseOptions } from './entropy-coding/frequency-table.ts'
export {
  FrequencyTable,
  quantiseFrequencies,
  tablesFromIntegers,
  tablesToIntegers,
} from './entropy-coding/frequency-table.ts'
export { gaussianScales, gaussianTables } from './entropy-coding/gaussian-tables.ts'
export { SymbolReader } from './entropy-coding/symbol-reader.ts'
export { SymbolWriter } from './entropy-coding/symbol-writer.ts'
export type {
  IntegerConv,
  IntegerDepthToSpace,
  IntegerNetworkConfig,
} from './integer/config.ts'
export type { QuantiseNetworkOptions, TrainedLayer } from './integer/integer-network.ts'
export { IntegerNetwork } from './integer/integer-network.ts'
