// `npm test`: sets up what is missing, runs every check, and ends with the count of all.
// `npm test -- --only lint,unit` runs some.
import { parseArgs } from 'node:util'
import { checks } from './checks.mjs'
import { runMain, SetupError, setUp } from './setup.mjs'

/** @import { Check, Outcome } from './checks.mjs' */

/** @returns {Check[]} */
function chosenChecks() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (values.only === undefined) return checks
  const names = values.only.split(',')
  const unknown = names.filter((name) => !checks.some((check) => check.name === name))
  if (unknown.length > 0) {
    const known = checks.map(({ name }) => name).join(', ')
    throw new SetupError(`No check is called ${unknown.join(' or ')}. There are: ${known}.`)
  }
  return checks.filter(({ name }) => names.includes(name))
}

const verdict = (/** @type {Outcome} */ { passed, failed, skipped }) => {
  const counts = [`${passed} passed`, `${failed} failed`, `${skipped} skipped`]
  return counts.filter((count) => !count.startsWith('0 ')).join(', ') || 'no tests'
}

await runMain(async () => {
  const chosen = chosenChecks()
  await setUp()
  const total = { passed: 0, failed: 0 }
  const table = []
  for (const { name, title, run } of chosen) {
    if (process.stdout.isTTY) process.stdout.write(`${name}: ${title} ...`)
    const start = performance.now()
    const outcome = await run()
    const seconds = (performance.now() - start) / 1000
    total.passed += outcome.passed
    total.failed += outcome.failed
    const row = `${outcome.failed > 0 ? '✗' : outcome.passed > 0 ? '✓' : '-'} ${name.padEnd(11)} ${title.padEnd(32)} ${seconds.toFixed(1).padStart(6)} s  ${verdict(outcome)}`
    table.push(row)
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[K')
    console.log(row)
    if (outcome.failed > 0) console.log(`\n${outcome.output}\n`)
    else if (outcome.skipped > 0 && outcome.passed === 0)
      console.log(`  skipped: ${outcome.output}`)
  }
  console.log(`\n${table.join('\n')}\n`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0 ? 0 : 1
})
