// Programs in the fresh folders: nothing of this repository, and nothing of `npm run`, may reach them.
import { spawn } from 'node:child_process'

const ours = /^(npm_|pnpm_|INIT_CWD$|NODE_OPTIONS$|NODE_PATH$|WINNOW_|VITEST)/i

const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name))),
  NO_COLOR: '1',
  DO_NOT_TRACK: '1',
  DENO_NO_UPDATE_CHECK: '1',
}

/**
 * Runs a program to its end; throws with what it said where that is not 0.
 *
 * @param {string} folder where it runs
 * @param {readonly string[]} command the program and its arguments
 * @param {Record<string, string>} [variables] of the environment, on top
 * @returns {Promise<string>} its standard output
 */
export function runIn(folder, command, variables = {}) {
  const [program, ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(/** @type {string} */ (program), args, {
      cwd: folder,
      env: { ...environment, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
    })
    let output = ''
    let everything = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      everything += chunk
    })
    child.stderr.on('data', (chunk) => {
      everything += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${command.join(' ')}: ${signal ?? `exit ${code}`}\n${everything}`))
    })
  })
}
