// The linter itself, on made-up packages: imports run downward only.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './command.mjs'

/** Which packages each one may import: the house of docs/architecture.md. */
const house: Record<string, readonly string[]> = {
  core: [],
  graph: ['core'],
  onnx: ['core', 'graph'],
  layers: ['core'],
  masking: ['core', 'layers'],
  text: ['core'],
  vae: ['core', 'layers', 'masking', 'text'],
  mae: ['core', 'layers', 'masking', 'text'],
  sae: ['core', 'layers', 'masking', 'text'],
  retrieval: ['core', 'layers', 'masking', 'text', 'sae'],
  compression: ['core', 'layers', 'masking', 'text'],
  lm: ['core', 'layers', 'masking', 'text'],
  'lm-tiny': ['core', 'lm', 'text'],
  'codec-tiny': ['core', 'compression'],
  'retrieval-tiny': ['core', 'retrieval', 'text'],
}
const names = Object.keys(house)

let folder: string

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** The module names that the linter refuses in one file. */
function refused(path: string, rule: string): string[] {
  const { stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
      ...['lint', `--only=${rule}`, '--reporter=json', '--max-diagnostics=none', path],
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { location: { start: { line: number } } }[]
  }
  const lines = readFileSync(join(folder, path), 'utf8').split('\n')
  return diagnostics.map(({ location }) => {
    const line = lines[location.start.line - 1] ?? ''
    return /'([^']+)'/.exec(line)?.[1] ?? line
  })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-boundaries-'))
  for (const file of ['biome.json', '.gitignore']) cpSync(join(root, file), join(folder, file))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = ['src/method.ts', 'src/deep/down/method.ts', 'src/method.test.ts']

test.each(names)('%s imports what stands below it and nothing else', (name) => {
  for (const file of files) {
    const path = `packages/${name}/${file}`
    write(
      path,
      names
        .map((other) => `import * as ${other.replace('-', '')} from '@winnow/${other}'\n`)
        .join(''),
    )
    const forbidden = names.filter((other) => !house[name]?.includes(other))
    const expected = forbidden.map((other) => `@winnow/${other}`).sort()
    expect(refused(path, 'noRestrictedImports').sort(), path).toEqual(expected)
  }
})

test('every way to import counts', () => {
  const ways = [
    "import type { A } from '@winnow/vae'",
    "import '@winnow/mae'",
    "export { b } from '@winnow/sae'",
    "export const later = () => import('@winnow/lm')",
    "import { c } from '../../vae/src/index.ts'",
    "import { d } from '@winnow/vae/testing'",
    "import { matMul } from '@tensorflow/tfjs-core/dist/ops/mat_mul'",
    "import * as everything from '@tensorflow/tfjs'",
  ]
  write('packages/layers/src/ways.ts', `${ways.join('\n')}\n`)
  expect(refused('packages/layers/src/ways.ts', 'noRestrictedImports')).toHaveLength(ways.length)
})

test('a package made later is a model', () => {
  const names = ['core', 'layers', 'masking', 'vae']
  write('packages/diffusion/src/a.ts', names.map((n) => `import '@winnow/${n}'\n`).join(''))
  expect(refused('packages/diffusion/src/a.ts', 'noRestrictedImports')).toEqual(['@winnow/vae'])
})

test('library code imports no backend', () => {
  const manifest = {
    name: '@winnow/vae',
    peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0' },
    devDependencies: { '@tensorflow/tfjs-backend-cpu': 'catalog:' },
  }
  write('packages/vae/package.json', JSON.stringify(manifest))
  const code = "import '@tensorflow/tfjs-core'\nimport '@tensorflow/tfjs-backend-cpu'\n"
  write('packages/vae/src/a.ts', code)
  expect(refused('packages/vae/src/a.ts', 'noUndeclaredDependencies')).toEqual([
    '@tensorflow/tfjs-backend-cpu',
  ])
})
