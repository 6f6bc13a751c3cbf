import { env } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../../backend/use-backend.ts'
import { conformanceCases } from './cases/index.ts'
import { unexpectedResults } from './known.ts'
import { reportRows } from './report.ts'
import { runConformance } from './run.ts'

beforeAll(async () => {
  await useBackend('cpu')
  await useBackend({ name: 'webgpu', software: true })
  // Small tensors would be computed on the processor otherwise, and no shader be tested.
  env().set('WEBGPU_CPU_FORWARD', false)
})

const groups = [...new Set(conformanceCases.map(({ group }) => group))]

test.for(groups)('webgpu agrees with cpu: %s', async (group, { task }) => {
  const cases = conformanceCases.filter((one) => one.group === group)
  const rows = await runConformance('webgpu', { cases })
  reportRows(task.meta, rows)
  expect(unexpectedResults(rows)).toEqual([])
})
