import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../../backend/use-backend.ts'
import { conformanceCases } from './cases/index.ts'
import { unexpectedResults } from './known.ts'
import { reportRows } from './report.ts'
import { runConformance } from './run.ts'

beforeAll(() => useBackend('cpu'))

test('cpu agrees with loops in double precision and its gradients with finite differences', async ({
  task,
}) => {
  const rows = await runConformance('cpu')
  reportRows(task.meta, rows)
  expect(rows.length).toBe(conformanceCases.length)
  expect(unexpectedResults(rows)).toEqual([])
  // Held to account by something else than itself.
  expect(rows.filter(({ result }) => result === 'pass').length / rows.length).toBeGreaterThan(0.85)
})
