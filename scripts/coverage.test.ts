import { describe, expect, it } from 'vitest'
import { coverageReport } from './coverage.mjs'

const lines = (covered: number, total: number) => ({
  lines: { covered, total, pct: (100 * covered) / total },
})

describe('coverage', () => {
  it('adds files up per package and names those under 90 %', () => {
    const { shares, low } = coverageReport(
      {
        total: lines(0, 100),
        '/w/packages/core/src/a.ts': lines(10, 10),
        '/w/packages/core/src/b.ts': lines(5, 10),
        '/w/packages/graph/src/c.ts': lines(9, 10),
      },
      '/w',
    )
    expect(shares).toEqual([
      { name: 'core', share: 75 },
      { name: 'graph', share: 90 },
      { name: 'onnx', share: 100 },
    ])
    expect(low.map(({ path }) => path)).toEqual(['packages/core/src/b.ts'])
  })
})
