// Runs the ```ts blocks of Markdown files as tests, one test a block: a Vitest plugin.
// `expression // => value` and `const name = expression // => value` are assertions;
// "```ts no-run" blocks are skipped.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { root } from './command.mjs'
import { workspacePackages } from './workspace.mjs'

/** One fenced block of TypeScript. */
export interface Example {
  /** Line of the block's first line of code, counted from 1. */
  line: number
  code: string
  run: boolean
}

/** The ```ts blocks of a Markdown text, in order. */
export function examplesOf(markdown: string): Example[] {
  const examples: Example[] = []
  const lines = markdown.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\S*)(.*)$/.exec(lines[at]!)
    if (fence === null) continue
    const start = at + 1
    at = start
    while (at < lines.length && !/^```\s*$/.test(lines[at]!)) at++
    if (fence[1] !== 'ts') continue
    const code = lines.slice(start, at).join('\n')
    examples.push({ line: start + 1, code, run: !fence[2]!.includes('no-run') })
  }
  return examples
}

/** The Markdown files for users that have examples, relative to the root. */
export function filesWithExamples(): string[] {
  const docs = join(root, 'docs')
  const pages = existsSync(docs) ? readdirSync(docs).filter((name) => name.endsWith('.md')) : []
  return [
    'README.md',
    ...pages.map((name) => `docs/${name}`),
    ...workspacePackages().map(({ folder }) => `${folder}/README.md`),
  ].filter((path) => {
    const file = join(root, path)
    return existsSync(file) && examplesOf(readFileSync(file, 'utf8')).length > 0
  })
}

/**
 * The code with its `// =>` comments turned into calls of `matches`. A statement over several
 * lines has its comment on the last one; `console.log(x) // => ...` asserts x.
 */
export function withAssertions(code: string): string {
  let statement = 0
  const lines = code.split('\n')
  const result = [...lines]
  for (const [at, line] of lines.entries()) {
    const match = /^(.*?);?\s*\/\/ =>\s*(.*)$/.exec(line)
    if (match !== null) {
      const [, last, expected] = match as unknown as [string, string, string]
      const before = lines.slice(statement, at)
      const whole = [...before, last].join('\n').trim()
      const declared = /^(?:const|let)\s+([\w$]+)/.exec(whole)
      const logged = /^console\.log\(([\s\S]*)\)$/.exec(whole)
      const text = JSON.stringify(expected.trim())
      if (declared) result[at] = `${last}; __matches(${declared[1]}, ${text})`
      else {
        // Only the first line gains text before it, so that every error keeps its line.
        result[statement] =
          `__matches([${(logged?.[1] ?? whole).replaceAll('\n', ' ')}], ${text}, true)`
        for (let inner = statement + 1; inner <= at; inner++) result[inner] = ''
      }
    }
    // A statement ends where the next line starts at the margin with something that opens one.
    const next = lines[at + 1]
    if (next !== undefined && /^[\w$[({'"`/]/.test(next) && !/^[)\]}.]/.test(next))
      statement = at + 1
    else if (next === '') statement = at + 2
  }
  return result.join('\n')
}

/** The plugin: a Markdown file becomes a test file, each of its examples a module of its own. */
export function markdownExamples(): Plugin {
  const matcher = join(root, 'scripts', 'example-matches.ts')
  return {
    name: 'winnow:markdown-examples',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (/\.md\.\d+\.ts$/.test(source)) return source
      if (importer === undefined || !/\.md\.\d+\.ts$/.test(importer)) return null
      // Examples see every package of the workspace, as a reader who installed them would.
      const own = /^@winnow\/([\w-]+)$/.exec(source)
      if (own) {
        const path = join(root, 'packages', own[1]!, 'src', 'index.ts')
        if (existsSync(path)) return path
      }
      if (source.startsWith('.')) return null
      return await this.resolve(source, join(root, 'README.md'), { skipSelf: true })
    },
    load(id) {
      const example = /^(.*\.md)\.(\d+)\.ts$/.exec(id)
      if (example !== null) {
        const { code, line } = examplesOf(readFileSync(example[1]!, 'utf8'))[Number(example[2])]!
        const above = `import { matches as __matches } from ${JSON.stringify(matcher)}`
        return `${above}${'\n'.repeat(Math.max(1, line - 1))}${withAssertions(code)}\nexport {}\n`
      }
      if (!id.endsWith('.md')) return null
      const tests = examplesOf(readFileSync(id, 'utf8')).map(
        ({ line, run }, index) =>
          `test${run ? '' : '.skip'}('line ${line}', () => import(${JSON.stringify(`${id}.${index}.ts`)}))`,
      )
      return `import { test } from 'vitest'\n${tests.join('\n')}\n`
    },
  }
}
