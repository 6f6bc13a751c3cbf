// Installs tarballs in a fresh folder, as somebody would who has never seen this repository.
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment } from '../command.mjs'
import { runIn } from './child.mjs'

/** @import { Packed } from './pack.mjs' */
/** @typedef {'npm' | 'pnpm'} Manager */

const commands = {
  npm: ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
  pnpm: ['pnpm', 'install', '--ignore-scripts', '--prefer-offline'],
}

/**
 * Our packages among the dependencies, and below them, come from the tarballs: no registry has them yet.
 *
 * @param {Manager} manager
 * @param {string} folder which must not exist
 * @param {{ names: string[], others?: Record<string, string>, packed: readonly Packed[] }} wanted the names of our
 *   packages, other packages with their versions, and everything that was packed
 */
export async function install(manager, folder, { names, others = {}, packed }) {
  const tarballs = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]))
  const ours = Object.fromEntries(Object.entries(tarballs).filter(([name]) => names.includes(name)))
  mkdirSync(folder, { recursive: true })
  const write = (/** @type {string} */ name, /** @type {object} */ content) =>
    writeFileSync(join(folder, name), JSON.stringify(content, null, 2))
  write('package.json', {
    name: 'fresh',
    private: true,
    type: 'module',
    dependencies: { ...others, ...ours },
    ...(manager === 'npm' ? { overrides: tarballs } : {}),
  })
  // JSON is YAML too. A missing or unfit peer stops the installation: npm does so unasked.
  if (manager === 'pnpm') {
    write('pnpm-workspace.yaml', { overrides: tarballs, strictPeerDependencies: true })
  }
  await runIn(folder, commands[manager], { PATH: environment.PATH ?? '' })
}

/**
 * @param {string} folder with a `node_modules`
 * @param {string} name of a package
 * @returns {string[]} the real paths of all its copies, however deep
 */
export function copies(folder, name) {
  /** @type {Set<string>} */
  const found = new Set()
  const directories = (/** @type {string} */ path) =>
    readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const search = (/** @type {string} */ modules) => {
    if (!existsSync(modules)) return
    if (existsSync(join(modules, name, 'package.json')))
      found.add(realpathSync(join(modules, name)))
    for (const entry of directories(modules)) {
      const path = join(modules, entry.name)
      // Scopes and pnpm's store hold packages; packages may hold packages of their own.
      if (entry.name.startsWith('@') || entry.name === '.pnpm') {
        for (const inner of directories(path)) search(join(path, inner.name, 'node_modules'))
      } else {
        search(join(path, 'node_modules'))
      }
    }
  }
  search(join(folder, 'node_modules'))
  return [...found]
}
