/**
 * A collection as a process of its own, for tests that kill it.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const helper = new URL('sine.ts', import.meta.url).href

const script = (sequences: number, folder: string): string => `
  import '@tensorflow/tfjs-backend-cpu'
  import * as tf from '@tensorflow/tfjs-core'
  import { collectSines } from ${JSON.stringify(helper)}
  await tf.setBackend('cpu')
  await collectSines(${sequences}, {
    folder: ${JSON.stringify(folder)},
    onProgress: () => process.stdout.write('.'),
  })`

/**
 * Collects into the folder and kills itself after so many batches of this process.
 * @returns 'SIGKILL', or 0 when it came to its end
 */
export function collectInProcess(
  sequences: number,
  folder: string,
  killAfter: number,
): Promise<'SIGKILL' | 0> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script(sequences, folder)],
    { cwd: fileURLToPath(new URL('../../../../..', import.meta.url)) },
  )
  let batches = 0
  let errors = ''
  child.stderr.on('data', (part: Buffer) => {
    errors += part
  })
  child.stdout.on('data', (part: Buffer) => {
    batches += part.length
    if (batches >= killAfter) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve('SIGKILL')
      else if (code === 0) resolve(0)
      else reject(new Error(errors))
    })
  })
}

/** The hash of every file of a folder but the parts that killed processes left. */
export function hashesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !name.endsWith('.part'))
  return Object.fromEntries(
    names.map((name) => {
      const bytes = readFileSync(join(folder, name))
      return [name, createHash('sha256').update(bytes).digest('hex')]
    }),
  )
}
