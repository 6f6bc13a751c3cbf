/** `npm run bench [NAME...]`: every bench named (all by default), subjects and rivals in turn, then the tables. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Request, runBench } from './bench.ts'
import { compare, lossWarnings, type Measurement, type Row } from './comparison.ts'
import { benches, isTraining } from './names.ts'
import { entrants } from './participants.ts'
import { Absent, Participant } from './protocol.ts'
import { comparisonTable, participantTable, profileTable } from './table.ts'

const usage = `npm run bench -- [NAME...] [options]

  NAME           ${benches.join(', ')}; all by default
  --quick        fewer rounds, of at least three steps: an impression, not a measurement
  --profile      also where the time of a step goes
  --only LIST    these participants alone, by comma: onnx,wasm,pytorch,jax,loop,tfjs-wasm,tfjs-cpu
  --case TEXT    of the kernels, those whose name holds TEXT
  --json FILE    writes the rows to FILE
  --setup        makes bench/peers/.venv, where PyTorch and JAX live
`

function say(...lines: readonly string[]): void {
  for (const line of lines) console.log(line)
}

/** Where the time of a step goes, in processes of their own: to watch is to slow down. */
async function profile(bench: string, request: Request): Promise<void> {
  for (const { name, absent, launch } of request.entrants) {
    if (absent !== undefined) continue
    const participant = new Participant(name, launch(bench, true))
    try {
      const { label } = await participant.ready(request.options.limit)
      const lines = await participant.profile(3, '', 4 * request.options.limit)
      if (lines.length > 0) say('', `${bench}, ${label}, watched:`, ...profileTable(lines))
    } catch (thrown) {
      if (!(thrown instanceof Absent)) throw thrown
      say(`${bench}: no profile of ${name}: ${thrown.message}`)
    } finally {
      participant.kill()
    }
  }
}

function report(bench: string, measurements: readonly Measurement[]): Row[] {
  const titles = [...new Set(measurements.map((measurement) => measurement.bench))]
  const rows = titles.flatMap((title) => compare(title, measurements))
  say('', `== ${bench}`, ...participantTable(measurements))
  say('', ...comparisonTable(rows, measurements))
  for (const title of titles) {
    say(...lossWarnings(measurements.filter((measurement) => measurement.bench === title)))
  }
  return rows
}

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
      case: { type: 'string', default: '' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((name) => !benches.includes(name))
  if (values.help || unknown.length > 0) {
    say(...unknown.map((name) => `there is no bench named '${name}'`), usage)
    return values.help ? 0 : 2
  }
  const only = values.only?.split(',')
  const chosen = entrants().filter(
    ({ name }) =>
      only === undefined || only.includes(name) || only.includes(name.split('-')[0] as string),
  )
  const pace = values.quick
    ? { rounds: 5, turn: 400, least: 3, budget: 8_000, limit: 90 }
    : { rounds: 9, turn: 400, budget: 40_000, limit: 300 }
  const request: Request = {
    options: pace,
    entrants: chosen,
    caseText: values.case,
    say,
  }
  const rows: Row[] = []
  for (const bench of positionals.length > 0 ? positionals : benches) {
    rows.push(...report(bench, await runBench(bench, request)))
    if (values.profile && isTraining(bench)) await profile(bench, request)
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
