import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../../backend/use-backend.ts'
import { unexpectedResults } from './known.ts'
import { reportRows } from './report.ts'
import { runConformance } from './run.ts'

beforeAll(async () => {
  await useBackend('cpu')
  await useBackend('wasm')
})

test('wasm agrees with cpu', async ({ task }) => {
  const rows = await runConformance('wasm')
  reportRows(task.meta, rows)
  expect(unexpectedResults(rows)).toEqual([])
})
