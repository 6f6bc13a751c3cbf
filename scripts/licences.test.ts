import { expect, test } from 'vitest'
import { isAccepted, licencePage, withoutPlatform } from './licences.mjs'

const shipped = { name: 'some', version: '1.0.0', production: true }
const tool = { ...shipped, production: false }

test('permissive licences are accepted, others and unknown ones are not', () => {
  expect(isAccepted({ ...shipped, licence: 'MIT' })).toBe(true)
  expect(isAccepted({ ...shipped, licence: 'GPL-3.0' })).toBe(false)
  expect(isAccepted({ ...shipped, licence: 'Unknown' })).toBe(false)
})

test('weak copyleft is for tools only', () => {
  expect(isAccepted({ ...tool, licence: 'MPL-2.0' })).toBe(true)
  expect(isAccepted({ ...shipped, licence: 'MPL-2.0' })).toBe(false)
})

test('of alternatives one is enough, of several at once all must be accepted', () => {
  expect(isAccepted({ ...shipped, licence: '(GPL-3.0 OR MIT)' })).toBe(true)
  expect(isAccepted({ ...shipped, licence: 'GPL-3.0 AND MIT' })).toBe(false)
  expect(isAccepted({ ...shipped, licence: 'ISC AND MIT' })).toBe(true)
  // Mixed operators are not understood, and so refused.
  expect(isAccepted({ ...shipped, licence: '(MIT OR ISC) AND GPL-3.0' })).toBe(false)
  expect(isAccepted({ ...shipped, licence: '(GPL-3.0) AND (MIT OR ISC)' })).toBe(false)
})

test('an exception holds for its package and its licence alone', () => {
  const licence = 'LGPL-3.0-or-later'
  expect(isAccepted({ ...shipped, licence, name: '@img/sharp-libvips-linux-x64' })).toBe(true)
  expect(isAccepted({ ...shipped, licence, name: 'not-@img/sharp-libvips-linux-x64' })).toBe(false)
  expect(isAccepted({ ...shipped, licence: 'GPL-3.0', name: '@img/sharp-libvips-wasm32' })).toBe(
    false,
  )
})

test('the page does not depend on the platform', () => {
  expect(withoutPlatform('@img/sharp-libvips-linux-x64')).toBe('@img/sharp-libvips-*')
  expect(withoutPlatform('lightningcss-darwin-arm64')).toBe('lightningcss-*')
  expect(withoutPlatform('@rolldown/binding-win32-x64-msvc')).toBe('@rolldown/binding-*')
  expect(withoutPlatform('@turbo/linux-64')).toBe('@turbo/*')
  expect(withoutPlatform('sharp')).toBe('sharp')
})

test('the page tells what is shipped from what is not', () => {
  const page = licencePage([
    { ...shipped, licence: 'MIT' },
    { ...tool, name: 'tool', licence: 'ISC' },
  ])
  const [ours, theirs] = page.split('## For development') as [string, string]
  expect(ours).toContain('| MIT | 1 | some 1.0.0 |')
  expect(theirs).toContain('| ISC | 1 | tool 1.0.0 |')
  expect(theirs).not.toContain('some')
})
