// `npm run bench [NAME]`: times Winnow against its rivals. `npm run bench -- --help` lists benches and options.
import { spawn } from 'node:child_process'
import { environment, root } from './command.mjs'
import { runMain, setUp } from './setup.mjs'

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    spawn(command, args, { cwd: root, stdio: 'inherit', env: environment })
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1))
  })
}

await runMain(async () => {
  await setUp()
  const args = process.argv.slice(2)
  const file = args.includes('--setup') ? 'bench/peers/setup.ts' : 'bench/run.ts'
  const rest = args.filter((argument) => argument !== '--setup')
  return await run(process.execPath, ['--import', 'tsx', file, ...rest])
})
