// Node 20, 22 and 24, Deno and Bun, from the npm packages that hold nothing but the program. Those named `node`, `deno`
// and `bun` only pick the right one of these in an install script, which we do not run.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runIn } from './child.mjs'
import { Skipped } from './report.mjs'

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {boolean} isNode
 * @property {readonly string[]} command what runs a file: the program and its first arguments
 */

const { platform, arch } = process

const nodeRuntime = (/** @type {string} */ version) => ({
  name: `Node ${version}`,
  isNode: true,
  package: `node-${platform}-${arch}`,
  version,
  program: 'bin/node',
  /** @type {string[]} */
  args: [],
})

const known = [
  nodeRuntime('20.20.2'),
  nodeRuntime('22.23.3'),
  nodeRuntime('24.21.0'),
  {
    name: 'Deno 2.9.6',
    isNode: false,
    package: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`,
    version: '2.9.6',
    program: 'deno',
    args: ['run', '--allow-all', '--no-remote', '--node-modules-dir=manual'],
  },
  {
    name: 'Bun 1.4.5',
    isNode: false,
    package: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`,
    version: '1.4.5',
    program: 'bin/bun',
    args: ['run'],
  },
]

/** The names of all runtimes, the first the one that everything is tried on. */
export const runtimeNames = known.map(({ name }) => name)

/**
 * @param {string} wanted one of `runtimeNames`
 * @param {string} folder where to install it
 * @returns {Promise<Runtime>} throws `Skipped` where npm has none for this machine
 */
export async function prepareRuntime(wanted, folder) {
  const found = known.find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`no runtime is called ${wanted}`)
  const { name, isNode, package: packageName, version, program, args } = found
  if (isNode && version === process.versions.node) {
    return { name, isNode, command: [process.execPath] }
  }
  const home = join(folder, name.replace(' ', '-'))
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{"private":true}')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  try {
    await runIn(home, ['npm', 'install', ...flags, `${packageName}@${version}`])
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : []
    const reason = lines.find((line) => line.startsWith('npm error ')) ?? lines[0]
    throw new Skipped(`${packageName}@${version} does not install here: ${reason}`)
  }
  const path = join(home, 'node_modules', packageName, program)
  if (!existsSync(path)) throw new Skipped(`${packageName}@${version} has no ${program}`)
  await runIn(home, [path, '--version'])
  return { name, isNode, command: [path, ...args] }
}
