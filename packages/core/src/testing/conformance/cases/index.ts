/** The whole suite. */
import type { ConformanceCase } from '../case.ts'
import { attentionCases } from './attention.ts'
import { binaryCases } from './binary.ts'
import { convolutionCases } from './convolution.ts'
import { creationCases } from './creation.ts'
import { edgeCases } from './edge.ts'
import { gatherCases } from './gather.ts'
import { layerCases } from './layer.ts'
import { layoutCases } from './layout.ts'
import { poolingCases } from './pooling.ts'
import { productCases } from './product.ts'
import { reductionCases } from './reduction.ts'
import { trainingCases } from './training.ts'
import { unaryCases } from './unary.ts'

/** Every case, group by group. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...unaryCases,
  ...binaryCases,
  ...reductionCases,
  ...productCases,
  ...convolutionCases,
  ...poolingCases,
  ...layoutCases,
  ...creationCases,
  ...gatherCases,
  ...edgeCases,
  ...attentionCases,
  ...layerCases,
  ...trainingCases,
]
