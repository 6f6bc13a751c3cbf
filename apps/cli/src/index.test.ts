import { describe, expect, it } from 'vitest'
import metadata from '../package.json' with { type: 'json' }
import { main } from './index.ts'
import { winnow } from './testing/command-line.ts'

describe('winnow', () => {
  it.each([
    [[], ['backends', 'train', 'eval', 'systems', '--version']],
    [['backends'], ['--software', '--json']],
    [['train'], ['vae']],
    [['eval'], ['<run>', '--data', '--samples', '--items', '--backend', '--json']],
    [['systems'], ['--json']],
    [
      ['train', 'vae'],
      [
        ...['--data', 'mnist, fashion-mnist, emoji', '--size', '--epochs', '--steps', '--batch'],
        ...['--latent', '--hidden', '512,512', '--conv', '--likelihood', '--binarise', '--beta'],
        ...['--warmup', '--free-bits', '--learning-rate', '--seed', '--backend', '--out'],
        ...['--minutes', '(default: 2)'],
      ],
    ],
  ])('%j --help names what there is', async (command, names) => {
    const { code, out, err } = await winnow(...command, '--help')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(['Usage: winnow', ...command].join(' '))
    for (const name of names) expect(out).toContain(name)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('tells a mistake of its own with where it happened, with code 1', async () => {
    const err: string[] = []
    const stdout = {
      write: () => {
        throw new TypeError('broken')
      },
    }
    const stderr = { write: (text: string) => err.push(text) }
    expect(await main(['systems'], { stdout, stderr })).toBe(1)
    expect(err.join('')).toMatch(/^winnow: this is a mistake in Winnow.*\nTypeError: broken\n +at /)
  })

  it('tells its version', async () => {
    expect(await winnow('--version')).toEqual({ code: 0, out: `${metadata.version}\n`, err: '' })
  })

  it('shows what there is, with code 1, where no command came', async () => {
    for (const args of [[], ['train']]) {
      const { code, out, err } = await winnow(...args)
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain('Commands:')
    }
  })

  it.each([
    [['trian'], "error: unknown command 'trian'\n(Did you mean train?)"],
    [['train', 'vea'], "error: unknown command 'vea'\n(Did you mean vae?)"],
    [['train', 'vae', '--epoch', '3'], "error: unknown option '--epoch'\n(Did you mean --epochs?)"],
    [['systems', '--jsn'], "error: unknown option '--jsn'\n(Did you mean --json?)"],
    [['eval'], "error: missing required argument 'run'"],
    [['train', 'vae', 'mnist'], "error: too many arguments for 'vae'"],
    [['train', 'vae', '--epochs', '0'], "argument '0' is invalid. Expected a whole number >= 1."],
    [
      ['train', 'vae', '--likelihood', 'bernouli'],
      'Expected one of: bernoulli, gaussian, discretisedLogistic.',
    ],
    [
      ['train', 'vae', '--epochs', '1', '--steps', '2'],
      "option '--epochs <number>' cannot be used with option '--steps <number>'",
    ],
    [
      ['train', 'vae', '--steps', '1', '--minutes', '2'],
      "option '--steps <number>' cannot be used with option '--minutes <number>'",
    ],
  ])('%j is refused in words, with code 1', async (args, words) => {
    const { code, out, err } = await winnow(...args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(words)
    expect(err).toContain('--help lists what there is')
  })
})
