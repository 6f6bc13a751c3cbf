import { expect, test } from 'vitest'
import { WinnowError } from '../error.ts'
import { firstLine, nodePackage, optionalPackage, startRegistered } from './load.ts'

const fails = (message: string) => (): Promise<never> => Promise.reject(new Error(message))

test('a missing package is said to be missing, however the loader puts it', async () => {
  for (const message of [
    "Cannot find package 'engine' imported from /somewhere/load.js",
    'Could not resolve "engine" imported by "@winnow/core".',
    "Failed to resolve module specifier 'engine'",
  ]) {
    const attempt = optionalPackage('engine', fails(message))
    await expect(attempt).rejects.toThrow(WinnowError)
    await expect(attempt).rejects.toThrow('the package engine is not installed')
  }
  await expect(nodePackage('@winnow/nothing-of-that-name')).rejects.toThrow('is not installed')
})

test('a package that is there and fails keeps its own reason', async () => {
  for (const message of [
    "version `GLIBCXX_3.4.32' not found (required by engine.node)",
    "Cannot find package 'its-part' imported from /somewhere/engine/index.js",
  ]) {
    const attempt = optionalPackage('engine', fails(`${message}\nRequire stack:`))
    await expect(attempt).rejects.toThrow(`the package engine does not load: ${message}`)
    await expect(attempt).rejects.not.toThrow('Require stack')
  }
})

test('a tfjs backend that nobody registered is named', async () => {
  await expect(startRegistered('nothing')).rejects.toThrow(
    "tfjs has no backend 'nothing' registered",
  )
})

test('whatever was thrown becomes one line', () => {
  expect(firstLine(new Error('one.\ntwo'))).toBe('one')
  expect(firstLine({ message: 'a plain object' })).toBe('a plain object')
  expect(firstLine('a string')).toBe('a string')
  expect(firstLine(undefined)).toBe('undefined')
})
