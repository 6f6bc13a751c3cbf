/**
 * `winnow tour`: a small model of each kind, one after another, and one page of what came of them.
 */
import { join } from 'node:path'
import { useBackend, writeFileAtomic } from '@winnow/core'
import { Command } from 'commander'
import { INTERRUPTED, interruptible } from '../interrupt.ts'
import { duration } from '../progress-bar.ts'
import type { Terminal } from '../terminal.ts'
import { tourHtml } from '../tour/page/html.ts'
import { chosenStops, type Outcome, STOPS, tour } from '../tour/tour.ts'
import { amount, whole } from './options.ts'

interface TourSettings {
  readonly only?: string
  readonly minutes: number
  readonly steps?: number
  readonly shrink: number
  readonly out: string
  readonly backend?: string
  readonly software?: boolean
}

const names = STOPS.map(({ name }) => name).join(', ')

export function tourCommand(terminal: Terminal): Command {
  return new Command('tour')
    .description('train a small model of each kind, and write one page of what came of them')
    .option('--only <names>', `some of the kinds, with commas between: ${names}`)
    .option('--minutes <number>', 'about how long all may take', amount({ positive: true }), 5)
    .option('--steps <number>', 'updates of each training, in place of the minutes', whole(1))
    .option(
      '--shrink <number>',
      'divides the sizes of data and measures, for a first look',
      whole(1),
      1,
    )
    .option('--out <folder>', 'where to write', 'runs/tour')
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .action((settings: TourSettings) => walk(settings, terminal))
}

async function walk(settings: TourSettings, terminal: Terminal): Promise<void> {
  const { only, minutes, steps, shrink, out, backend, software } = settings
  const { stderr, stdout } = terminal
  const stops = chosenStops(only)
  const start = performance.now()
  const seconds = (): number => (performance.now() - start) / 1000
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  stderr.write(`backend ${found.name}: ${found.device}\n`)
  const page = join(out, 'index.html')
  let interrupted = false
  const outcomes = await interruptible(
    (signal) =>
      tour(stops, {
        seconds: 60 * minutes,
        ...(steps === undefined ? {} : { steps }),
        ...{ shrink, signal, stream: stderr },
        async onOutcome(outcomes) {
          const waiting = stops.length - outcomes.length
          const head = { backend: `${found.name}, ${found.device}`, seconds: seconds(), waiting }
          await writeFileAtomic(page, new TextEncoder().encode(tourHtml(outcomes, head)))
        },
      }),
    () => {
      interrupted = true
      stderr.write('\ninterrupted: what was learnt is measured; once more ends at once\n')
    },
  )
  stdout.write(`${closing(outcomes)}\n${duration(seconds())} in all on ${found.name}\n${page}\n`)
  if (interrupted) terminal.exitCode = INTERRUPTED
  else if (outcomes.some(({ failure }) => failure !== undefined)) terminal.exitCode = 1
}

/** A line for each kind: its first number beside the others. */
function closing(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map(({ title }) => title.length))
  const lines = outcomes.map(({ title, chapter, failure }) => {
    const [first] = chapter?.numbers ?? []
    const entries = first?.entries.map(({ name, text }) => `${name}: ${text}`).join('; ')
    const said = first === undefined ? failure : `${first.title}: ${entries}`
    return `${title.padEnd(width)}  ${said}`
  })
  return `\n${lines.join('\n')}`
}
