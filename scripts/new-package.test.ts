import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { execute, root } from './command.mjs'
import { createPackage } from './new-package.mjs'
import { workspaceProblems } from './package-rules.mjs'
import { workspacePackages } from './workspace.mjs'

let top: string

// A repository in small: the root's settings, its tools, and core's package.json.
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'winnow-new-package-'))
  const files = ['biome.json', '.gitignore', 'tsconfig.base.json', 'tsdown.base.ts', 'vitest.d.ts']
  for (const file of files) cpSync(join(root, file), join(top, file))
  mkdirSync(join(top, 'packages', 'core', 'src', 'testing'), { recursive: true })
  for (const file of ['package.json', 'src/testing/all-close.ts']) {
    cpSync(join(root, 'packages', 'core', file), join(top, 'packages', 'core', file))
  }
  symlinkSync(join(root, 'node_modules'), join(top, 'node_modules'))
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

test('makes a package that the linter, the compiler, the rules and the builder accept', async () => {
  expect(createPackage('sparse-coding', { top, description: 'Codes with few numbers' })).toBe(
    join('packages', 'sparse-coding'),
  )
  const made = workspacePackages(top).find(({ folder }) => folder === 'packages/sparse-coding')
  expect(made?.manifest).toMatchObject({ name: '@winnow/sparse-coding', private: true })
  expect(workspaceProblems(top)).toEqual([])

  const folder = join(top, 'packages', 'sparse-coding')
  const commands = [
    `cd ${top} && biome ci packages/sparse-coding`,
    `cd ${folder} && tsc --noEmit`,
    `cd ${folder} && tsdown`,
    `cd ${top} && vitest run --root ${folder}`,
  ]
  for (const command of commands) {
    const { ok, output } = await execute(command)
    expect(ok, `${command}\n${output}`).toBe(true)
  }
})

test('refuses a name that is taken or is none', () => {
  expect(() => createPackage('core', { top })).toThrow('packages/core is there already')
  expect(() => createPackage('SparseCoding', { top })).toThrow('kebab-case')
  expect(() => createPackage('../escape', { top })).toThrow('kebab-case')
})
