/** One bench: participants start, race case by case, and end. */
import type { Measurement } from './comparison.ts'
import type { Entrant } from './participants.ts'
import { Absent, Participant, type Ready } from './protocol.ts'
import { type RoundOptions, race } from './rounds.ts'

export interface Request {
  readonly options: RoundOptions
  readonly entrants: readonly Entrant[]
  /** Runs only the cases whose name holds this. */
  readonly caseText: string
  /** Told who is skipped, and why. */
  readonly say: (line: string) => void
}

/** Starts the participants of a bench one after another: they load as well as compute alone. */
async function start(
  bench: string,
  { entrants, options, say }: Request,
): Promise<{ participant: Participant; ready: Ready }[]> {
  const started: { participant: Participant; ready: Ready }[] = []
  for (const { name, absent, launch } of entrants) {
    if (absent !== undefined) {
      say(`${bench}: ${name} skipped: ${absent}`)
      continue
    }
    const participant = new Participant(name, launch(bench))
    try {
      started.push({ participant, ready: await participant.ready(options.limit) })
    } catch (thrown) {
      participant.kill()
      if (!(thrown instanceof Absent)) throw thrown
      say(`${bench}: ${name} skipped: ${thrown.message}`)
    }
  }
  return started
}

/** Runs one bench from start to end. Whoever cannot take part is skipped with a message. */
export async function runBench(bench: string, request: Request): Promise<Measurement[]> {
  const { say } = request
  const started = await start(bench, request)
  const found: Omit<Measurement, 'peakMegabytes'>[] = []
  const out = new Set<string>()
  try {
    const cases = [...new Set(started.flatMap(({ ready }) => ready.cases))]
    for (const name of cases.filter((text) => text.includes(request.caseText))) {
      const title = name === '' ? bench : `${bench}/${name}`
      const runners = started.filter(
        ({ participant, ready }) => ready.cases.includes(name) && !out.has(participant.name),
      )
      const { timings, refused } = await race(
        runners.map(({ participant }) => participant),
        name,
        request.options,
      )
      for (const { name: who, reason } of refused) {
        say(`${title}: ${who} skipped: ${reason}`)
        if (/^(no answer within|it ended)/.test(reason)) out.add(who)
      }
      for (const timing of timings) {
        const label = started.find(({ participant }) => participant.name === timing.name)?.ready
          .label
        found.push({ ...timing, bench: title, label: label ?? timing.name })
      }
    }
    for (const { participant } of started) {
      // One that fails now has said what was needed.
      if (!out.has(participant.name)) await participant.end().catch(() => undefined)
    }
    const peaks = new Map(
      started.map(({ participant: { name, peakMegabytes } }) => [name, peakMegabytes]),
    )
    return found.map((one) => ({ ...one, peakMegabytes: peaks.get(one.name) ?? Number.NaN }))
  } finally {
    for (const { participant } of started) participant.kill()
  }
}
