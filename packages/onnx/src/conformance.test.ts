import { useBackend } from '@winnow/core'
import { reportRows, runConformance, unexpectedResults } from '@winnow/core/testing'
import { beforeAll, expect, test } from 'vitest'
import { activate } from './activate.ts'

// Hundreds of small graphs: seconds on a free machine, most of a minute beside other work.
const PATIENCE = 180_000

beforeAll(async () => {
  await useBackend('cpu')
  await activate({ threads: 2 })
})

test(
  'onnx agrees with cpu, call by call',
  async ({ task }) => {
    const rows = await runConformance('onnx')
    reportRows(task.meta, rows)
    expect(unexpectedResults(rows)).toEqual([])
  },
  PATIENCE,
)

test(
  'onnx agrees with cpu, each case recorded as one graph and replayed',
  async ({ task }) => {
    const rows = await runConformance('onnx', { compiled: true })
    reportRows(task.meta, rows)
    expect(unexpectedResults(rows)).toEqual([])
  },
  PATIENCE,
)
