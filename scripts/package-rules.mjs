// What must hold for every package.json of the workspace, and for what core builds.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './command.mjs'
import { workspacePackages } from './workspace.mjs'

/** @import { Manifest } from './workspace.mjs' */

const tfjs = '@tensorflow/tfjs-core'
const isBackend = (/** @type {string} */ name) => /^@tensorflow\/tfjs-(backend|node)/.test(name)

/**
 * @param {Manifest} manifest a published or placeholder package's package.json
 * @param {{ isApp: boolean }} place
 * @returns {string[]} what is wrong, one sentence each
 */
export function manifestProblems(manifest, { isApp }) {
  /** @type {string[]} */
  const problems = []
  const expect = (
    /** @type {string} */ key,
    /** @type {unknown} */ found,
    /** @type {unknown} */ wanted,
  ) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      problems.push(`${key} is ${JSON.stringify(found)}, should be ${JSON.stringify(wanted)}`)
    }
  }
  expect('type', manifest.type, 'module')
  expect('license', manifest.license, 'MIT')
  expect('engines', manifest.engines, { node: '>=20.19.0' })
  if (!manifest.description) problems.push('description is missing')
  const entries = manifest.exports ?? {}
  expect('exports["./package.json"]', entries['./package.json'], './package.json')
  for (const [path, target] of Object.entries(entries)) {
    if (path === './package.json') continue
    const source = typeof target === 'string' ? target : target['@winnow/source']
    const match = /^\.\/src\/(.+)\.ts$/.exec(source ?? '')
    if (match === null) problems.push(`exports["${path}"] has no @winnow/source in ./src`)
    else
      expect(`exports["${path}"]`, target, {
        '@winnow/source': source,
        default: `./dist/${match[1]}.js`,
      })
  }
  for (const file of ['dist', 'src', '!src/**/*.test.ts']) {
    if (!manifest.files?.includes(file)) problems.push(`files lacks ${file}`)
  }
  if (!manifest.private) expect('publishConfig', manifest.publishConfig, { access: 'public' })
  for (const script of ['build', 'typecheck', 'lint:package']) {
    if (!manifest.scripts?.[script]) problems.push(`scripts lacks ${script}`)
  }
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    if (name.startsWith('@winnow/')) expect(`dependencies["${name}"]`, range, 'workspace:^')
    if (!isApp && (name === tfjs || isBackend(name))) {
      problems.push(`${name} must be a peer: a second copy of tfjs breaks every tensor`)
    }
  }
  for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) {
    if (name.startsWith('@winnow/') && range !== '*') {
      problems.push(`${name} as a peer must be "*": with a range, its minors become our majors`)
    }
    if (name === tfjs) {
      expect(`peerDependencies["${tfjs}"]`, range, '^4.22.0')
      expect(`devDependencies["${tfjs}"]`, manifest.devDependencies?.[tfjs], 'catalog:')
    } else if (!manifest.peerDependenciesMeta?.[name]?.optional) {
      problems.push(`peer ${name} must be optional: only ${tfjs} is needed by all`)
    }
  }
  if (!isApp) expect('sideEffects', manifest.sideEffects, false)
  return problems
}

/**
 * @param {string} code a built ES module
 * @returns {string[]} backends that it imports without being asked: those belong in `import()`
 */
export function staticBackendImports(code) {
  const names = [...code.matchAll(/^\s*(?:import|export)\b[^;(]*?["']([^"']+)["']/gm)].map(
    ([, name]) => name ?? '',
  )
  return names.filter(
    (name) => isBackend(name) || name === 'webgpu' || name.startsWith('onnxruntime'),
  )
}

/** @returns {string[]} every problem of the workspace in `top`, each with its file */
export function workspaceProblems(top = root) {
  const problems = workspacePackages(top).flatMap(({ folder, manifest }) =>
    manifestProblems(manifest, { isApp: folder.startsWith('apps/') }).map(
      (problem) => `${folder}/package.json: ${problem}`,
    ),
  )
  const built = join(top, 'packages', 'core', 'dist')
  if (!existsSync(built)) return problems
  for (const file of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue
    for (const name of staticBackendImports(readFileSync(join(built, file), 'utf8'))) {
      problems.push(`packages/core/dist/${file}: imports ${name} statically`)
    }
  }
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = workspaceProblems()
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
