import { describe, expect, it } from 'vitest'
import { systems } from './systems.ts'

/** The packages of the house, and those that are to be built on it. */
const packages = [
  ...['compression', 'contrastive', 'diffusion', 'importance', 'layers', 'lm', 'mae', 'masking'],
  ...['retrieval', 'sae', 'tuning', 'vae'],
]

describe('systems', () => {
  it('has the numbers 1 to 119 in order', () => {
    expect(systems().map(({ number }) => number)).toEqual(
      Array.from({ length: 119 }, (_, i) => i + 1),
    )
  })

  it('says of each its name, title with a year, package and status', () => {
    for (const row of systems()) {
      expect(Object.keys(row)).toEqual([
        'number',
        'name',
        'title',
        'package',
        'status',
        'interpretation',
      ])
      expect(row.name, `${row.number}`).toMatch(/\S/)
      expect(row.title, `${row.number}`).toMatch(/\b20\d\d\b/)
      expect(packages, `${row.number}`).toContain(row.package)
      expect(['implemented', 'planned']).toContain(row.status)
      expect(typeof row.interpretation).toBe('boolean')
    }
    expect(new Set(systems().map(({ name }) => name)).size).toBe(119)
  })
})
