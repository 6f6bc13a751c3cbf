// The workspace's packages, read from disk: so that no list of them has to be kept by hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './command.mjs'

/**
 * @typedef {object} Manifest the parts of a package.json that we look at
 * @property {string} name
 * @property {string} version
 * @property {string} [description]
 * @property {boolean} [private]
 * @property {string} [type]
 * @property {string} [license]
 * @property {boolean | string[]} [sideEffects]
 * @property {Record<string, string | Record<string, string>>} [exports]
 * @property {string[]} [files]
 * @property {Record<string, string>} [engines]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 * @property {Record<string, string>} [publishConfig]
 */

/** @typedef {{ folder: string, manifest: Manifest }} Package */

/**
 * @param {string} [top] the repository's root
 * @returns {Package[]} folders relative to the root, in order of name
 */
export function workspacePackages(top = root) {
  return ['packages', 'apps']
    .filter((group) => existsSync(join(top, group)))
    .flatMap((group) => readdirSync(join(top, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(top, folder, 'package.json')))
    .sort()
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(top, folder, 'package.json'), 'utf8')),
    }))
}
