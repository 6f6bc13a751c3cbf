// `npm run check:slow`: the long tests, `*.slow.test.ts`. Further arguments are names of files: `-- sinkhorn`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { environment, root } from './command.mjs'
import { runMain, setUp } from './setup.mjs'

await runMain(async () => {
  await setUp()
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const args = ['run', '--project', 'node', '--passWithNoTests', ...process.argv.slice(2)]
  return await new Promise((resolve, reject) => {
    spawn(process.execPath, [vitest, ...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...environment, WINNOW_SLOW: '1' },
    })
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1))
  })
})
