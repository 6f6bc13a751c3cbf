import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commonCard, finishedRun, withCard, writeShipped } from './shipped-model.ts'

const record = {
  kind: 'lm',
  settings: { data: 'kjv', learningRate: 0.004, out: 'runs/lm', minutes: 3 },
  backend: { name: 'onnx', device: 'cpu' },
  run: { steps: 5, history: { epochs: [{ seconds: 90 }, { seconds: 30 }] } },
  test: {},
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a package of a trained model', () => {
  it('is made from a finished run of its kind alone', () => {
    writeFileSync(join(folder, 'history.json'), JSON.stringify(record))
    expect(finishedRun(folder, 'lm')).toEqual(record)
    expect(() => finishedRun(folder, 'codec')).toThrow("a run of 'lm' came, expected 'codec'")
    writeFileSync(join(folder, 'checkpoint.safetensors'), '')
    expect(() => finishedRun(folder, 'lm')).toThrow('an unfinished run came')
  })

  it('tells the command without what says where and how long', () => {
    const card = commonCard(record, new Uint8Array(3))
    expect(card.command).toBe('npx winnow train lm --data kjv --learning-rate 0.004 --steps 5')
    expect(card).toMatchObject({ bytes: 3, updates: 5, minutes: 2, backend: 'onnx, cpu' })
    expect(card.sha256).toHaveLength(64)
  })

  it('puts the card between its marks, and else writes nothing', async () => {
    expect(withCard('a\n<!-- card -->\nold\n<!-- end of card -->\nb', 'new')).toBe(
      'a\n<!-- card -->\nnew\n<!-- end of card -->\nb',
    )
    writeFileSync(join(folder, 'README.md'), 'no place')
    const write = async (path: string, content: Uint8Array) => writeFileSync(path, content)
    const files = { weights: { 'model.safetensors': 'x' }, card: {}, text: 'new' }
    await expect(writeShipped(folder, files, write)).rejects.toThrow('README.md: expected')
    expect(readdirSync(folder)).toEqual(['README.md'])
  })
})
