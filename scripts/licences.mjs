// `npm run licences`: the licences of everything installed, held against what we accept, and written to
// docs/licences.md. With `--check` nothing is written: it fails where the page is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execute, root } from './command.mjs'
import { runMain, SetupError, setUp } from './setup.mjs'

/**
 * @typedef {object} Dependency
 * @property {string} name
 * @property {string} version
 * @property {string} licence as its package.json states it, an SPDX expression
 * @property {boolean} production whether those who install Winnow get it too
 */

const page = 'docs/licences.md'

/** Licences that ask for no more than their notice. */
const permissive = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
]

/** Accepted in tools that we use and do not ship. */
const developmentOnly = ['MPL-2.0', 'Python-2.0']

/** What is accepted for one package and no other, and why. A pattern matches the whole name. */
const exceptions = [
  {
    name: /@img\/sharp-libvips-.+/,
    licence: 'LGPL-3.0-or-later',
    reason:
      'libvips, the library under `sharp`, comes as a dynamic library in a package of its own: unchanged, and ' +
      'replaceable by whoever installs it, as the LGPL asks. Only the command line uses it; no `@winnow/*` package does.',
  },
  {
    name: /spawndamnit/,
    licence: 'Unknown',
    reason:
      'Its package.json points to its LICENSE file, which is the text of the MIT licence. A tool for development.',
  },
]

const exceptionFor = (/** @type {Dependency} */ { name, licence }) =>
  exceptions.find(
    (exception) =>
      exception.licence === licence && new RegExp(`^(?:${exception.name.source})$`).test(name),
  )

/**
 * @param {Dependency} dependency
 * @returns {boolean} whether its licence, an SPDX expression of one kind of operator, is one that we accept
 */
export function isAccepted(dependency) {
  if (exceptionFor(dependency) !== undefined) return true
  const accepted = dependency.production ? permissive : [...permissive, ...developmentOnly]
  const expression = dependency.licence.replace(/^\(([^()]*)\)$/, '$1')
  if (expression.includes(' OR ')) {
    return expression.split(' OR ').some((licence) => accepted.includes(licence))
  }
  return expression.split(' AND ').every((licence) => accepted.includes(licence))
}

/**
 * Binaries come in one package per platform, and only one of them is installed: the page names them all by a star, so
 * that it is the same wherever it is written.
 *
 * @param {string} name
 */
export function withoutPlatform(name) {
  return name.replace(/(linux|darwin|win32|windows|freebsd|android)-(x64|arm64|64)(-\w+)?$/, '*')
}

/**
 * @param {string} report what `pnpm licenses list --json` printed
 * @returns {Omit<Dependency, 'production'>[]}
 */
function readReport(report) {
  /** @type {Record<string, { name: string, versions: string[] }[]>} */
  const byLicence = JSON.parse(report)
  return Object.entries(byLicence).flatMap(([licence, packages]) =>
    packages.flatMap(({ name, versions }) =>
      versions.map((version) => ({ name, version, licence })),
    ),
  )
}

/** @returns {Promise<Dependency[]>} all that is installed, in order of name and version */
async function installed() {
  const list = async (/** @type {string} */ flags) => {
    const command = `pnpm -r licenses list --json ${flags}`
    const { ok, output } = await execute(command)
    if (!ok) throw new SetupError(`${command} failed`, output)
    return readReport(output)
  }
  const key = (/** @type {{ name: string, version: string }} */ { name, version }) =>
    `${name}@${version}`
  const shipped = new Set((await list('--prod')).map(key))
  return (await list(''))
    .map((dependency) => ({ ...dependency, production: shipped.has(key(dependency)) }))
    .filter(({ name }) => name !== 'fsevents')
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/**
 * @param {Dependency[]} dependencies
 * @returns {string} the page
 */
export function licencePage(dependencies) {
  const table = (/** @type {boolean} */ production) => {
    const chosen = dependencies.filter((dependency) => dependency.production === production)
    const rows = [...new Set(chosen.map(({ licence }) => licence))].sort().map((licence) => {
      const found = chosen.filter((dependency) => dependency.licence === licence)
      const names = found.map(({ name, version }) => `${withoutPlatform(name)} ${version}`)
      return `| ${licence} | ${found.length} | ${[...new Set(names)].join(', ').replaceAll('*', '\\*')} |`
    })
    return ['| licence | packages | which |', '|---|---|---|', ...rows].join('\n')
  }
  return `# Licences of what Winnow is built on

Written by \`npm run licences\`, which fails on a licence that is not accepted. Winnow itself is under the MIT licence.

Accepted: ${permissive.join(', ')}. In tools for development only: ${developmentOnly.join(', ')}. For one package each:

${exceptions.map(({ name, licence, reason }) => `- \`${name.source.replace('\\', '').replace('.+', '*')}\`, ${licence}: ${reason}`).join('\n')}

The licences are those that the packages state. A star stands for a platform, of which one is installed at a time.
Optional peers that nobody gets unasked (\`webgpu\`, \`@tensorflow/tfjs-node-gpu\`) are not in the list. The compiler
puts a helper of \`@oxc-project/runtime\` (MIT) into what we publish.

## Installed with Winnow

${table(true)}

## For development

${table(false)}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await setUp()
    const dependencies = await installed()
    const refused = dependencies.filter((dependency) => !isAccepted(dependency))
    for (const { name, version, licence, production } of refused) {
      console.error(
        `${name} ${version}: ${licence} is not accepted ${production ? 'in what is installed with Winnow' : 'for development'}`,
      )
    }
    const text = licencePage(dependencies)
    const path = join(root, page)
    if (!process.argv.includes('--check')) {
      writeFileSync(path, text)
    } else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${page} is out of date: npm run licences writes it`)
      return 1
    }
    const kinds = new Set(dependencies.map(({ licence }) => licence)).size
    console.log(
      `${dependencies.length} packages under ${kinds} licences, ${refused.length} not accepted`,
    )
    return refused.length === 0 ? 0 : 1
  })
}
