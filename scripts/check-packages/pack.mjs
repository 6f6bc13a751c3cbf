// Packs every public package as it would be published, and looks at what is inside.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { environment, root } from '../command.mjs'
import { workspacePackages } from '../workspace.mjs'
import { runIn } from './child.mjs'

/** @import { Manifest } from '../workspace.mjs' */

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} file the tarball's path
 * @property {string[]} entries what can be imported: `@winnow/core`, `@winnow/core/testing`
 * @property {string[]} peers the names of the peers that are not optional
 * @property {boolean} weights whether it brings a trained model, in a folder `weights`
 */

const leftovers = /\.test\.|\.tmp\.|(^|\/)node_modules\/|\.tsbuildinfo$/

/**
 * @param {Manifest & { bin?: Record<string, string> }} manifest
 * @param {string[]} files what the tarball holds
 * @returns {string[]} what is wrong with it
 */
export function tarballProblems(manifest, files) {
  const targets = Object.values(manifest.exports ?? {}).flatMap((target) => {
    if (typeof target === 'string') return [target]
    const code = target['default'] ?? ''
    return [...Object.values(target), code.replace(/\.js$/, '.d.ts')]
  })
  const wanted = [...targets, ...Object.values(manifest.bin ?? {}), 'LICENSE', 'README.md']
    .map((path) => path.replace(/^\.\//, ''))
    .filter((path) => !files.includes(path))
  const scripts = Object.keys(manifest.scripts ?? {}).filter((name) =>
    /^(pre|post)?install$/.test(name),
  )
  return [
    ...wanted.map((path) => `${path} is missing`),
    ...files.filter((path) => leftovers.test(path)).map((path) => `${path} should not be there`),
    ...scripts.map((name) => `scripts.${name} runs on installation`),
  ]
}

/** @returns {{ folder: string, manifest: Manifest }[]} what is published */
export function publicPackages() {
  return workspacePackages().filter(({ manifest }) => !manifest.private)
}

/**
 * @param {{ folder: string, manifest: Manifest }} source
 * @param {string} destination a folder for the tarballs
 * @returns {Promise<Packed>}
 */
export async function pack({ folder, manifest }, destination) {
  mkdirSync(destination, { recursive: true })
  const output = await runIn(
    join(root, folder),
    ['pnpm', 'pack', '--json', '--pack-destination', destination],
    { PATH: environment.PATH },
  )
  /** @type {{ filename: string, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(output)
  const problems = tarballProblems(
    manifest,
    files.map(({ path }) => path),
  )
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const { name, exports = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
  return {
    name,
    file: filename,
    entries: Object.keys(exports)
      .filter((path) => path !== './package.json')
      .map((path) => name + path.slice(1)),
    weights: files.some(({ path }) => path.startsWith('weights/')),
    peers: Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional),
  }
}
