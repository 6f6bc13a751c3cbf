import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { countTests } from './checks.mjs'
import { findChromium } from './chromium.mjs'
import { execute } from './command.mjs'
import { brokenLinks } from './markdown-links.mjs'
import { satisfies } from './setup.mjs'

const report = (files: string[][], passed: number, failed: number): string =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: files.map((statuses) => ({
      status:
        statuses.every((status) => status === 'passed') && statuses.length > 0
          ? 'passed'
          : 'failed',
      assertionResults: statuses.map((status) => ({ status })),
    })),
  })

test('tests are counted, and what failed without a test as well', () => {
  const twoFiles = report([['passed'], ['passed', 'passed']], 3, 0)
  expect(countTests(twoFiles, true)).toEqual({ passed: 3, failed: 0, skipped: 1 })
  expect(countTests(twoFiles, false).failed).toBe(1)
  expect(countTests(report([['passed'], ['failed']], 1, 1), false).failed).toBe(1)
  expect(countTests(report([['passed'], []], 1, 0), false).failed).toBe(1)
  expect(countTests(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('a command gives back its output and whether it went well', async () => {
  expect(await execute('node -p 1+1')).toMatchObject({ ok: true, output: '2' })
  const failing = await execute('node -e "console.error(7); process.exit(3)"')
  expect(failing).toMatchObject({ ok: false, output: '7' })
  expect((await execute('no-such-program-here')).ok).toBe(false)
})

test('Node versions compare by number', () => {
  expect(satisfies('20.19.0', '>=20.19.0')).toBe(true)
  expect(satisfies('20.9.5', '>=20.19.0')).toBe(false)
  expect(satisfies('22.0.0', '>=20.19.0')).toBe(true)
  expect(satisfies('18.99.0', '>=20.19.0')).toBe(false)
})

test('a Chromium that was named is used, or none', () => {
  expect(findChromium(process.execPath)).toBe(process.execPath)
  expect(findChromium('/no/such/browser')).toBeUndefined()
})

test('links that lead nowhere are found, in text alone', () => {
  const top = mkdtempSync(join(tmpdir(), 'winnow-links-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
  mkdirSync(join(top, 'docs'))
  writeFileSync(join(top, 'docs', 'a.md'), '# One thing, `code`\n[up](../README.md)\n')
  const links = [
    '[good](docs/a.md) [heading](docs/a.md#one-thing-code) [self](#title) [web](https://example.com)',
    '[gone](docs/b.md) [no heading](docs/a.md#two) ![picture](docs/none.png "title")',
    '`[code](nowhere.md)`',
    '```md',
    '[code](nowhere.md)',
    '```',
  ]
  writeFileSync(join(top, 'README.md'), `# Title\n${links.join('\n')}\n`)
  expect(brokenLinks(top)).toEqual([
    'README.md: docs/b.md leads nowhere',
    'README.md: docs/a.md#two leads nowhere',
    'README.md: docs/none.png leads nowhere',
  ])
})
