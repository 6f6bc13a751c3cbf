import { expect, it } from 'vitest'
import { codeBetween, shownCode } from './shown-code.ts'
import { STOPS } from './tour.ts'

it('takes what stands between the marks, with the imports that it uses', () => {
  const source = [
    "import { type A, b, c } from '@winnow/core'",
    "import { d } from './other.ts'",
    '// Shown on the page: what c is.',
    'const a = b(d)',
    '// End of what is shown.',
    'c()',
  ].join('\n')
  expect(codeBetween(source, 'x.ts')).toBe("import { b } from '@winnow/core'\n\nconst a = b(d)")
  expect(() => codeBetween('nothing', 'x.ts')).toThrow('x.ts: the marks')
})

it.each(STOPS.map(({ name }) => name))('finds the lines of %s', async (name) => {
  const code = await shownCode(name)
  expect(code).toMatch(/^import \{ .*\bfit\b.* \} from '@winnow\/core'$/m)
  expect(code).toContain(`from '@winnow/${name}'`)
  expect(code.split('\n').length).toBeLessThan(60)
})
