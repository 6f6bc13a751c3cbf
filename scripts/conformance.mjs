// `npm run conformance`: runs the conformance suite on every backend that starts here, prints what each passes, and
// writes the table into docs/backends.md. `--only cpu,wasm` runs some; the document then stays as it is.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureChromium } from './chromium.mjs'
import { execute, root } from './command.mjs'
import { runMain, SetupError, setUp } from './setup.mjs'

/** @typedef {import('../packages/core/src/testing/conformance/report.ts').ReportedRow} Row */

const folder = 'packages/core/src/testing/conformance'

/** @type {Record<string, { project: string, files: string }>} */
const runs = {
  cpu: { project: 'node', files: `${folder}/cpu.test.ts` },
  wasm: { project: 'node', files: `${folder}/wasm.test.ts` },
  onnx: { project: 'node', files: 'packages/onnx/src/conformance.test.ts' },
  webgpu: { project: 'browser', files: `${folder}/conformance.browser.test.ts` },
}

/** The columns of the table; a compiled run is one of its own. */
const columns = ['cpu', 'wasm', 'onnx', 'onnx, compiled', 'webgpu']
const orders = ['values', 'gradients', 'second gradients']

/**
 * The rows that a run of Vitest reported, and what it said.
 *
 * @param {{ project: string, files: string }} run
 * @returns {Promise<{ rows: Row[], ok: boolean, output: string }>}
 */
async function rowsOf({ project, files }) {
  const place = mkdtempSync(join(tmpdir(), 'winnow-conformance-'))
  try {
    const file = join(place, 'report.json')
    const { ok, output } = await execute(
      `vitest run --project ${project} ${files} --reporter=default --reporter=json --outputFile.json=${file}`,
    )
    /** @type {{ testResults: { assertionResults: { meta: { conformance?: Row[] } }[] }[] }} */
    const report = JSON.parse(readFileSync(file, 'utf8'))
    const rows = report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.flatMap(({ meta }) => meta.conformance ?? []),
    )
    return { rows, ok, output }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/**
 * How many of the rows pass, in a cell: '12', '11 of 12', '12 (3 unchecked)'.
 *
 * @param {Row[]} rows
 */
function cell(rows) {
  if (rows.length === 0) return '-'
  const unchecked = rows.filter(({ result }) => result === 'reference').length
  const wrong = rows.filter(({ result }) => result === 'fail' || result === 'absent').length
  const right = wrong === 0 ? `${rows.length}` : `${rows.length - wrong} of ${rows.length}`
  return unchecked === 0 ? right : `${right} (${unchecked} by itself)`
}

/**
 * @param {readonly Row[]} rows
 * @returns {string[][]} a header and a line for each group and order, then the totals
 */
function tableOf(rows) {
  const backends = columns.filter((name) => rows.some(({ backend }) => backend === name))
  /** @type {(what: string, chosen: readonly Row[]) => string[]} */
  const line = (what, chosen) => [
    what,
    ...backends.map((name) => cell(chosen.filter(({ backend }) => backend === name))),
  ]
  const lines = [...new Set(rows.map(({ group }) => group))].flatMap((group) =>
    orders.flatMap((word, order) => {
      const chosen = rows.filter((row) => row.group === group && row.order === order)
      return chosen.length === 0 ? [] : [line(`${group}: ${word}`, chosen)]
    }),
  )
  return [['', ...backends], ...lines, line('**all**', rows)]
}

/** @param {readonly string[][]} table */
function markdownOf(table) {
  const widths = (table[0] ?? []).map((_, i) =>
    Math.max(...table.map((line) => line[i]?.length ?? 0)),
  )
  const lines = table.map(
    (line) => `| ${line.map((text, i) => text.padEnd(widths[i] ?? 0)).join(' | ')} |`,
  )
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** @param {readonly Row[]} rows */
function failuresOf(rows) {
  /** @type {Map<string, string[]>} */
  const byReason = new Map()
  for (const { backend, name, result, reason, known } of rows) {
    if (result !== 'fail' && result !== 'absent') continue
    const key = `**${backend}**: ${known ?? `NOT KNOWN: ${reason}`}`
    byReason.set(key, [...(byReason.get(key) ?? []), name])
  }
  return [...byReason].map(([key, names]) => `- ${key}.\n  Cases: ${names.join('; ')}.`).join('\n')
}

/** @param {readonly Row[]} rows */
function writeDocument(rows) {
  const path = join(root, 'docs', 'backends.md')
  let text = readFileSync(path, 'utf8')
  for (const [name, content] of [
    ['table', markdownOf(tableOf(rows))],
    ['failures', failuresOf(rows)],
  ]) {
    const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
    const [from, to] = [text.indexOf(begin ?? ''), text.indexOf(end ?? '')]
    if (from < 0 || to < from) throw new SetupError(`docs/backends.md has no markers '${name}'`)
    text = `${text.slice(0, from)}${begin}\n${content}\n${text.slice(to)}`
  }
  writeFileSync(path, text)
}

await runMain(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const names = values.only?.split(',') ?? Object.keys(runs)
  const unknown = names.filter((name) => !(name in runs))
  if (unknown.length > 0) {
    throw new SetupError(
      `No backend is called ${unknown.join(' or ')}. There are: ${Object.keys(runs).join(', ')}.`,
    )
  }
  await setUp()
  /** @type {Row[]} */
  const rows = []
  let ok = true
  let complete = values.only === undefined
  for (const name of names) {
    if (name === 'webgpu') {
      const { path, reason } = await ensureChromium()
      if (path === undefined) {
        console.log(`webgpu left out: ${reason}`)
        complete = false
        continue
      }
    }
    const found = await rowsOf(runs[name] ?? { project: 'node', files: '' })
    rows.push(...found.rows)
    ok &&= found.ok
    complete &&= found.rows.length > 0
    if (found.rows.length === 0) console.log(`${name} reported nothing:\n${found.output}`)
    // Cases that fail are listed below; what else went wrong, a test out of time perhaps, says the runner alone.
    else if (!found.ok) console.log(`${name} ended with a failure:\n${found.output.slice(-3000)}`)
  }
  if (rows.length === 0) return 1
  const table = tableOf(rows)
  console.log(`${markdownOf(table)}\n\n${failuresOf(rows)}\n`)
  if (complete) writeDocument(rows)
  console.log(complete ? 'Written to docs/backends.md.' : 'docs/backends.md was not changed.')
  console.log(
    ok
      ? 'All as known.'
      : 'There is something that is not known: see NOT KNOWN or the failure above.',
  )
  return ok ? 0 : 1
})
