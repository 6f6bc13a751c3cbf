// Checks that every relative link in the repository's Markdown leads somewhere, headings included.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './command.mjs'

const skipped = new Set([
  'node_modules',
  'dist',
  'runs',
  'coverage',
  '.git',
  '.tools',
  '.turbo',
  '.cache',
])

const withoutCode = (/** @type {string} */ text) =>
  text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '``')

/** GitHub's name for a heading: lower case, no punctuation, hyphens for spaces. */
const anchor = (/** @type {string} */ heading) =>
  heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')

/** @param {string} text @returns {Set<string>} */
function anchorsOf(text) {
  const headings = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)
  return new Set([...headings].map(([, heading]) => anchor(heading ?? '')))
}

/** @param {string} folder @returns {string[]} */
function markdownFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownFiles(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/**
 * @param {string} [top] the folder to search
 * @returns {string[]} the links that lead nowhere, each with its file
 */
export function brokenLinks(top = root) {
  return markdownFiles(top).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const links = [
      ...withoutCode(text).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g),
      ...withoutCode(text).matchAll(/(?:src|href)="([^"]+)"/g),
    ].map(([, link]) => link ?? '')
    return links
      .filter((link) => !/^[a-z][a-z+.-]*:/i.test(link))
      .filter((link) => {
        const [path = '', heading] = link.split('#')
        const target = path === '' ? file : resolve(dirname(file), decodeURI(path))
        if (!existsSync(target)) return true
        if (heading === undefined || !statSync(target).isFile() || !target.endsWith('.md'))
          return false
        return !anchorsOf(readFileSync(target, 'utf8')).has(heading)
      })
      .map((link) => `${relative(top, file)}: ${link} leads nowhere`)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const broken = brokenLinks()
  for (const line of broken) console.error(line)
  process.exitCode = broken.length === 0 ? 0 : 1
}
