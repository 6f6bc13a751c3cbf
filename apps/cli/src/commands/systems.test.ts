import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { winnow } from '../testing/command-line.ts'

describe('winnow systems', () => {
  it('lists each system in a line, and counts', async () => {
    const { code, out } = await winnow('systems')
    expect(code).toBe(0)
    const lines = out.split('\n')
    expect(lines[0]).toMatch(/^001 {2}IWAE +vae +\w+ +Importance Weighted Autoencoders \(2015\)$/)
    expect(lines.filter((line) => /^\d{3} {2}/.test(line))).toHaveLength(119)
    expect(out).toMatch(/^\d+ of 119 implemented\./m)
  })

  it('prints JSON rows', async () => {
    const { code, out } = await winnow('systems', '--json')
    expect(code).toBe(0)
    const rows = JSON.parse(out) as object[]
    expect(rows).toHaveLength(119)
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([
        'number',
        'name',
        'title',
        'package',
        'status',
        'interpretation',
      ])
    }
  })

  it('prints the page docs/systems.md', async () => {
    const { code, out } = await winnow('systems', '--markdown')
    expect(code).toBe(0)
    expect(out).toBe(readFileSync(new URL('../../../../docs/systems.md', import.meta.url), 'utf8'))
    expect(out.match(/^\| \d{3} \|/gm)).toHaveLength(119)
  })
})
