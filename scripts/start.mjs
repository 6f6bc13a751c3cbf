// `npm start`: sets up what is missing, then gives the tour. Further arguments go to it:
// `npm start -- --only mae`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { environment, root } from './command.mjs'
import { ensureBuild, runMain, setUp } from './setup.mjs'

await runMain(async () => {
  await setUp()
  await ensureBuild('winnow')
  const job = ['tour']
  // An interrupt reaches the child as well, which then ends in its own time.
  process.on('SIGINT', () => {})
  return await new Promise((resolve, reject) => {
    spawn(
      process.execPath,
      [join('apps', 'cli', 'bin', 'winnow.js'), ...job, ...process.argv.slice(2)],
      {
        cwd: root,
        stdio: 'inherit',
        env: { ...environment, NO_COLOR: process.env.NO_COLOR },
      },
    )
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1))
  })
})
