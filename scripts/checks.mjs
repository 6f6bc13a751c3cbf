// Every check of the repository: its name, what it holds, and the command that decides.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './chromium.mjs'
import { execute } from './command.mjs'

/**
 * @typedef {object} Outcome
 * @property {number} passed tests that passed; for a check without tests, 1 or 0
 * @property {number} failed
 * @property {number} skipped
 * @property {string} output what the tool said, for a failure; or why the check was skipped
 */

/** @typedef {{ name: string, title: string, run: () => Promise<Outcome> }} Check */

/**
 * A check that passes or fails as a whole.
 *
 * @param {string} name
 * @param {string} title
 * @param {string} command
 * @returns {Check}
 */
const whole = (name, title, command) => ({
  name,
  title,
  run: async () => {
    const { ok, output } = await execute(command)
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, output }
  },
})

/**
 * Counts the tests of a report in Vitest's JSON form. A file that could not be read counts as one failure, and so does
 * a run that failed without a failed test.
 *
 * @param {string | undefined} report
 * @param {boolean} ok whether Vitest exited with 0
 */
export function countTests(report, ok) {
  const { testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests } =
    report === undefined
      ? {
          testResults: [],
          numPassedTests: 0,
          numFailedTests: 0,
          numPendingTests: 0,
          numTodoTests: 0,
        }
      : JSON.parse(report)
  const unreadable = testResults.filter(
    (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length
  const failed = numFailedTests + unreadable
  return {
    passed: numPassedTests,
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  }
}

/**
 * @param {string} project of vitest.config.ts
 * @param {Record<string, string>} [env]
 * @returns {Promise<Outcome>}
 */
async function vitest(project, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'))
  try {
    const file = join(folder, 'report.json')
    const { ok, output } = await execute(
      `vitest run --project ${project} --passWithNoTests --reporter=default --reporter=json --outputFile.json=${file}`,
      { env },
    )
    /** @type {string | undefined} */
    let report
    try {
      report = readFileSync(file, 'utf8')
    } catch {
      // No report: Vitest did not come so far, which its exit code says.
    }
    return { ...countTests(report, ok), output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns {Promise<Outcome>} */
async function browser() {
  const { path, reason } = await ensureChromium()
  if (path !== undefined) return await vitest('browser', { CHROMIUM: path })
  const inContinuousIntegration = process.env.CI === 'true'
  return inContinuousIntegration
    ? { passed: 0, failed: 1, skipped: 0, output: reason }
    : { passed: 0, failed: 0, skipped: 1, output: reason }
}

/** What has changed since `main` needs a changeset; without git there is nothing to compare with. @returns {Promise<Outcome>} */
async function changesets() {
  for (const base of ['main', 'origin/main']) {
    const known = await execute(`git rev-parse --verify --quiet ${base}^{commit}`)
    if (!known.ok) continue
    const { ok, output } = await execute(`changeset status --since=${base}`)
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, output }
  }
  return { passed: 0, failed: 0, skipped: 1, output: 'no branch main to compare with' }
}

/** @type {Check[]} */
export const checks = [
  whole(
    'lint',
    'format, lint, imports downward',
    'biome ci --colors=off --error-on-warnings --max-diagnostics=100 .',
  ),
  whole('build', 'every package builds', 'turbo run build --output-logs=errors-only'),
  whole(
    'types',
    'TypeScript, scripts and benches included',
    'turbo run typecheck --output-logs=errors-only && tsc --noEmit -p . && tsc --noEmit -p bench',
  ),
  whole('publish', 'publint and attw', 'turbo run lint:package --output-logs=errors-only'),
  whole('packages', 'package.json rules', 'node scripts/package-rules.mjs'),
  whole('tfjs', 'one copy of tfjs-core', 'node scripts/one-tfjs.mjs'),
  { name: 'unit', title: 'tests in Node', run: () => vitest('node') },
  { name: 'browser', title: 'tests in Chromium', run: browser },
  { name: 'examples', title: 'examples in Markdown', run: () => vitest('examples') },
  whole('docs', 'API documentation', 'typedoc --emit none'),
  whole('links', 'links in Markdown', 'node scripts/markdown-links.mjs'),
  whole('unused', 'knip', 'knip --no-config-hints --no-progress'),
  whole('licences', 'licences of all dependencies', 'node scripts/licences.mjs --check'),
  whole('size', 'size limits', 'size-limit'),
  { name: 'changesets', title: 'changes have a changeset', run: changesets },
]
