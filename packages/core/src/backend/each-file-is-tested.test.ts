import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

// Drivers and kernels are tested together where they keep one contract: then the contract's test imports each of them.

const here = fileURLToPath(new URL('.', import.meta.url))
const files = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)
const isTest = (file: string): boolean => file.endsWith('.test.ts')

/** What is tested through others, and by which test. */
const through: Readonly<Record<string, string>> = {
  'driver.ts': 'drivers/contract.test.ts',
  'kernels/kernel-run.ts': 'kernels/wasm-fused.test.ts',
  'kernels/webgpu-program.ts': 'kernels/webgpu.browser.test.ts',
}

it('every file here has a test beside it, or is imported by one here', () => {
  const tests = files.filter(isTest)
  const imported = new Set(
    tests.flatMap((test) => {
      const text = readFileSync(join(here, test), 'utf8')
      return [...text.matchAll(/from '(\.{1,2}\/[\w/.-]+\.ts)'/g)].map(([, path]) =>
        normalize(join(test, '..', path as string)),
      )
    }),
  )
  const sources = files.filter((file) => !isTest(file))
  const untested = sources.filter((file) => {
    const stem = file.slice(0, -'.ts'.length)
    const beside = [`${stem}.test.ts`, `${stem}.browser.test.ts`].some((test) =>
      tests.includes(test),
    )
    return !beside && !imported.has(file) && !tests.includes(through[file] ?? '')
  })
  expect(untested).toEqual([])
})
