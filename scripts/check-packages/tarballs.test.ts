import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { copies } from './install.mjs'
import { tarballProblems } from './pack.mjs'

const manifest = {
  name: '@winnow/some',
  version: '1.0.0',
  exports: {
    '.': { '@winnow/source': './src/index.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
}
const files = [
  'package.json',
  'LICENSE',
  'README.md',
  'src/index.ts',
  'dist/index.js',
  'dist/index.d.ts',
]

test('a tarball holds what its package.json promises', () => {
  expect(tarballProblems(manifest, files)).toEqual([])
  for (const missing of files) {
    const rest = files.filter((file) => file !== missing)
    expect(tarballProblems(manifest, rest)).toEqual([`${missing} is missing`])
  }
  const bin = { some: './bin/some.js' }
  expect(tarballProblems({ ...manifest, bin }, files)).toEqual(['bin/some.js is missing'])
})

test('a tarball holds no tests, and runs nothing when it is installed', () => {
  expect(tarballProblems(manifest, [...files, 'src/index.test.ts'])).toEqual([
    'src/index.test.ts should not be there',
  ])
  const scripts = { build: 'tsdown', postinstall: 'node steal.js' }
  expect(tarballProblems({ ...manifest, scripts }, files)).toEqual([
    'scripts.postinstall runs on installation',
  ])
})

/** A folder with packages at these paths; pnpm's way, where the first one is a link to the second. */
function folderWith(paths: readonly string[], link?: readonly [from: string, to: string]): string {
  const top = mkdtempSync(join(tmpdir(), 'winnow-copies-'))
  onTestFinished(() => rmSync(top, { recursive: true }))
  for (const path of paths) {
    mkdirSync(join(top, path), { recursive: true })
    writeFileSync(join(top, path, 'package.json'), '{}')
  }
  if (link !== undefined) {
    mkdirSync(join(top, link[0], '..'), { recursive: true })
    symlinkSync(join(top, link[1]), join(top, link[0]))
  }
  return top
}

test('a second copy is found at any depth', () => {
  const first = 'node_modules/@tensorflow/tfjs-core'
  const name = '@tensorflow/tfjs-core'
  expect(copies(folderWith([first]), name)).toHaveLength(1)
  expect(copies(folderWith(['node_modules/other']), name)).toHaveLength(0)
  expect(copies(folderWith([first, `node_modules/@winnow/core/${first}`]), name)).toHaveLength(2)
  expect(copies(folderWith([first, `node_modules/a/node_modules/b/${first}`]), name)).toHaveLength(
    2,
  )
})

test('a link is no copy, but two versions in the store of pnpm are', () => {
  const name = '@tensorflow/tfjs-core'
  const stored = (version: string): string =>
    `node_modules/.pnpm/core@${version}/node_modules/${name}`
  const link = [`node_modules/${name}`, stored('1')] as const
  expect(copies(folderWith([stored('1')], link), name)).toHaveLength(1)
  expect(copies(folderWith([stored('1'), stored('2')], link), name)).toHaveLength(2)
})
