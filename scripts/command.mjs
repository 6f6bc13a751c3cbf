// Runs a command quietly: its output is kept, and shown only where it fails.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/**
 * Where pnpm's native program lies: npm installs it with the package, and pnpm's own install script, which would put it
 * in the place of its launcher, is not run. Only one of the two is there.
 */
const pnpm = [
  `exe.${process.platform}-${process.arch}`,
  `exe.${process.platform}-${process.arch}-musl`,
]

/** What every tool gets: pnpm on the path, no colours in logs, nobody phoning home. */
export const environment = {
  ...process.env,
  PATH: [
    ...pnpm.map((name) => join(root, '.tools', 'node_modules', '@pnpm', name)),
    join(root, '.tools', 'node_modules', '.bin'),
    join(root, 'node_modules', '.bin'),
    process.env.PATH,
  ].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
}

/**
 * @param {string} command program and arguments, as typed in the root folder
 * @param {{ env?: Record<string, string | undefined> }} [options] variables on top of `environment`
 * @returns {Promise<{ ok: boolean, output: string, seconds: number }>}
 */
export function execute(command, options = {}) {
  const start = performance.now()
  return new Promise((resolve) => {
    const child = spawn(command, {
      cwd: root,
      shell: true,
      env: { ...environment, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    const finish = (/** @type {boolean} */ ok) =>
      resolve({ ok, output: output.trimEnd(), seconds: (performance.now() - start) / 1000 })
    child.on('error', (error) => {
      output += `${error}`
      finish(false)
    })
    child.on('close', (code) => finish(code === 0))
  })
}
