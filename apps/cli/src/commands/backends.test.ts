import { describe, expect, it } from 'vitest'
import { winnow } from '../testing/command-line.ts'

describe('winnow backends', () => {
  it('says what was found, what was refused and why, and which is used', async () => {
    const { code, out } = await winnow('backends')
    expect(code).toBe(0)
    expect(out).toMatch(/^[>+-] {2}cpu +found: plain JavaScript$/m)
    expect(out).toMatch(/^- +cuda +refused: \S.*$/m)
    expect(out.match(/^>/gm)).toHaveLength(2)
    expect(out).toContain('WINNOW_BACKEND=NAME')
  })

  it('prints JSON', async () => {
    const { code, out } = await winnow('backends', '--json')
    expect(code).toBe(0)
    const reports = JSON.parse(out) as { name: string; available: boolean; reason: string }[]
    expect(reports.map(({ name }) => name)).toEqual(['cuda', 'webgpu', 'onnx', 'wasm', 'cpu'])
    for (const { reason } of reports) expect(reason).toMatch(/\S/)
    expect(reports.at(-1)).toEqual({
      name: 'cpu',
      available: true,
      reason: 'works here',
      device: 'plain JavaScript',
    })
  })
})
