// Brings a fresh clone to life with Node and npm alone. Each step looks first whether it has anything to do.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute, root } from './command.mjs'

const readJson = (/** @type {string} */ path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** A set-up step that failed; `output` is what the tool said. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} [output]
   */
  constructor(message, output = '') {
    super(message)
    this.output = output
  }
}

/**
 * @param {string} version as in `process.versions.node`
 * @param {string} range of the form `>=20.19.0`, the only one we use
 */
export function satisfies(version, range) {
  const numbers = (/** @type {string} */ text) =>
    text.split('.').map((part) => Number.parseInt(part, 10))
  const wanted = numbers(range.replace('>=', ''))
  const found = numbers(version)
  for (const [index, number] of wanted.entries()) {
    const difference = (found[index] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}

export function checkNode() {
  const { node } = readJson('package.json').engines
  if (satisfies(process.versions.node, node)) return
  throw new SetupError(
    `Node ${process.versions.node} is too old: Winnow needs Node ${node}. Get one from https://nodejs.org.`,
  )
}

/**
 * Runs one step with a line about it.
 *
 * @param {string} title
 * @param {string} command
 */
async function step(title, command) {
  process.stdout.write(`${title} ...`)
  const { ok, output, seconds } = await execute(command)
  process.stdout.write(ok ? ` ${seconds.toFixed(1)} s\n` : ' failed\n')
  if (!ok) throw new SetupError(`${title} failed: ${command}`, output)
}

/** The pnpm that package.json names, in .tools: corepack cannot be relied upon. */
export async function ensurePnpm() {
  const wanted = readJson('package.json').packageManager
  const manifest = '.tools/node_modules/pnpm/package.json'
  if (existsSync(join(root, manifest)) && `pnpm@${readJson(manifest).version}` === wanted) return
  await step(
    `Getting ${wanted}`,
    `npm install --prefix .tools --ignore-scripts --no-save --no-fund --no-audit --loglevel=error ${wanted}`,
  )
}

/** A digest of everything that decides what gets installed. */
function installDigest() {
  const digest = createHash('sha256')
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  )
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    if (existsSync(join(root, path))) digest.update(readFileSync(join(root, path)))
  }
  return digest.digest('hex')
}

export async function ensureInstall() {
  const stamp = join(root, 'node_modules', '.winnow-installed')
  const digest = installDigest()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  await step('Installing packages', 'pnpm install --frozen-lockfile')
  writeFileSync(stamp, digest)
}

/**
 * Builds a package and those that it imports. Turbo skips what is built already.
 *
 * @param {string} name
 */
export async function ensureBuild(name) {
  const command = `node node_modules/turbo/bin/turbo run build --filter=${name}... --output-logs=errors-only`
  const { ok, output, seconds } = await execute(command)
  if (!ok) throw new SetupError(`Building ${name} failed: ${command}`, output)
  if (!output.includes('FULL TURBO')) console.log(`Building ${name} ... ${seconds.toFixed(1)} s`)
}

/** Node, pnpm and the packages: what every command of the repository needs. */
export async function setUp() {
  checkNode()
  await ensurePnpm()
  await ensureInstall()
}

/**
 * Runs a script's main part; a failed set-up ends it with the tool's own words.
 *
 * @param {() => Promise<number>} main resolves to the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    if (error.output !== '') console.error(error.output)
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}
