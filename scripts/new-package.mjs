// `npm run new-package -- NAME`: makes packages/NAME like the others. No list has to be edited:
// typedoc, size-limit, changesets and the linter read the folders. It is private until it has something to say.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { root } from './command.mjs'

/**
 * The files of a new package, by path inside it.
 *
 * @param {string} name kebab-case, without the scope
 * @param {string} description one sentence
 * @param {string} version that of the other packages: they are released together
 * @returns {Record<string, string>}
 */
export function packageFiles(name, description, version) {
  const manifest = {
    name: `@winnow/${name}`,
    version,
    private: true,
    description,
    type: 'module',
    license: 'MIT',
    sideEffects: false,
    exports: {
      '.': { '@winnow/source': './src/index.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'src', '!src/**/*.test.ts'],
    engines: { node: '>=20.19.0' },
    scripts: {
      build: 'tsdown',
      typecheck: 'tsc --noEmit',
      'lint:package': 'publint --strict && attw --pack . --profile esm-only',
    },
    peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0' },
    devDependencies: {
      '@tensorflow/tfjs-backend-cpu': 'catalog:',
      '@tensorflow/tfjs-core': 'catalog:',
    },
    publishConfig: { access: 'public' },
  }
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'tsconfig.json': `{\n  "extends": "../../tsconfig.base.json",\n  "include": ["src"]\n}\n`,
    'tsdown.config.ts': `import { defineConfig } from 'tsdown'\nimport { base } from '../../tsdown.base.ts'\n\nexport default defineConfig(base)\n`,
    'README.md': `# @winnow/${name}\n\n${description}.\n`,
    'src/index.ts': `export { elementCount } from './element-count.ts'\n`,
    'src/element-count.ts': `/** An example to replace: the number of elements of a tensor. */
import type { Tensor } from '@tensorflow/tfjs-core'

/**
 * Counts the elements of a tensor.
 *
 * @param x of any shape
 * @returns the product of its axes; 1 for a scalar.
 */
export function elementCount(x: Tensor): number {
  return x.shape.reduce((product, axis) => product * axis, 1)
}
`,
    'src/element-count.test.ts': `import '@tensorflow/tfjs-backend-cpu'
import { scalar, zeros } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { elementCount } from './element-count.ts'

test('the number of elements is the product of the axes', () => {
  expect(elementCount(zeros([2, 3, 4]))).toBe(24)
  expect(elementCount(scalar(7))).toBe(1)
})
`,
  }
}

/**
 * Writes a new package into the repository in `top`.
 *
 * @param {string} name
 * @param {{ top?: string, description?: string }} [options]
 * @returns {string} the package's folder, relative to `top`
 */
export function createPackage(name, { top = root, description } = {}) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`'${name}' is not a package's name: expected kebab-case, such as sparse-coding`)
  }
  const folder = join('packages', name)
  if (existsSync(join(top, folder))) throw new Error(`${folder} is there already`)
  const core = join(top, 'packages', 'core', 'package.json')
  const { version } = JSON.parse(readFileSync(core, 'utf8'))
  const files = packageFiles(name, description ?? `What ${name} is for, in a sentence`, version)
  for (const [path, text] of Object.entries(files)) {
    const target = join(top, folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  return folder
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { description: { type: 'string' } },
  })
  try {
    if (positionals.length !== 1) {
      throw new Error('Usage: npm run new-package -- NAME [--description TEXT]')
    }
    const folder = createPackage(positionals[0] ?? '', values)
    console.log(`Made ${folder}. Next: .tools/node_modules/.bin/pnpm install,`)
    console.log(
      'write its README, and remove "private" from package.json when it is to be published.',
    )
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
