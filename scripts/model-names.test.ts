import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Module } from '../packages/core/src/index.ts'
import { root } from './command.mjs'
import { workspacePackages } from './workspace.mjs'

/** What others are built on; never in a file itself. */
const abstract = ['LatentCodec']

const folders = workspacePackages()
  .map(({ folder }) => folder)
  .filter((folder) => folder.startsWith('packages/'))

test.each(folders)('models of %s, which learn, say their own names', async (folder) => {
  const exported: Record<string, unknown> = await import(join(root, folder, 'src', 'index.ts'))
  for (const [key, value] of Object.entries(exported)) {
    if (typeof value !== 'function' || !(value.prototype instanceof Module)) continue
    if (!('loss' in value.prototype) || abstract.includes(key)) continue
    // The name that the language gives a class cannot be written to, and a bundler shortens it.
    const own = Object.getOwnPropertyDescriptor(value, 'name')
    expect([key, own?.value, own?.writable]).toEqual([key, key, true])
  }
})
