import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { defineMaskStrategy, maskStrategy } from './define.ts'
import { hostMaskStrategy, type MaskSpec, type MaskStrategy } from './strategy.ts'
import { hiddenRows } from './testing/hidden-rows.ts'

beforeAll(() => tf.setBackend('cpu'))

test.each([
  [{ kind: 'random', ratio: 0.75 }, [4, 4]],
  [{ kind: 'block', ratio: 0.5, least: 4 }, [4, 4]],
  [{ kind: 'grid', stride: 2, shift: 'random' }, [4, 4]],
  [{ kind: 'tube', ratio: 0.5 }, [2, 4, 4]],
  [{ kind: 'wholeWord', ratio: 0.5 }, [8]],
])('%j survives JSON, alone and in a configuration', (spec, grid) => {
  const strategy = maskStrategy(spec)
  const config = JSON.parse(JSON.stringify({ mask: strategy })) as { mask: MaskSpec }
  expect(config.mask).toEqual(spec)
  const again = maskStrategy(config.mask)
  const words = [[0, 1, 1, 2, 3, 3, 3, 4]]
  const [a, b] = [strategy, again].map((each) =>
    hiddenRows(each.draw(grid, 1, new Rng(3), { words })),
  )
  expect(a).toEqual(b)
  expect(maskStrategy(strategy)).toBe(strategy)
})

test("a strategy of one's own", () => {
  interface FirstSpec extends MaskSpec {
    readonly kind: 'test-first'
    readonly hidden: number
  }
  const build = (spec: FirstSpec): MaskStrategy =>
    hostMaskStrategy({
      spec,
      count: (grid) => ({ hidden: spec.hidden, kept: (grid[0] as number) - spec.hidden }),
      hide: (grid) => Array.from({ length: grid[0] as number }, (_, i) => i < spec.hidden),
    })
  defineMaskStrategy('test-first', build)
  defineMaskStrategy('test-first', build)
  const strategy = maskStrategy({ kind: 'test-first', hidden: 2 } as MaskSpec)
  expect(hiddenRows(strategy.draw([5], 1, new Rng(1)))).toEqual([[1, 1, 0, 0, 0]])
})

test('bad input', () => {
  expect(() => maskStrategy({ kind: 'randon' })).toThrow("Did you mean 'random'?")
  expect(() => maskStrategy({ kind: 'toString' })).toThrow('is not known')
  expect(() => maskStrategy(null as never)).toThrow('maskStrategy: null came, expected { kind')
  expect(() => maskStrategy({ kind: 'random' })).toThrow('random: ratio: undefined came')
  expect(() => maskStrategy({ kind: 'random', ratio: 0.5, seed: 1 } as MaskSpec)).toThrow(
    "random: field: 'seed' is not known",
  )
  const build = (spec: MaskSpec): MaskStrategy => maskStrategy({ ...spec, kind: 'random' })
  expect(() => defineMaskStrategy('block', build)).toThrow("kind 'block' came, which is taken")
})
