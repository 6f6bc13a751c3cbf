/**
 * Interleaving: in every round each participant has one turn, and each round begins with another of them, so that what
 * the machine does meanwhile (heat, other work) strikes all alike. Medians are taken over all steps of all rounds.
 */
import type { RunAnswer } from './protocol.ts'
import { Absent } from './protocol.ts'
import { median } from './statistics.ts'

export interface RoundOptions {
  readonly rounds: number
  /** How long one turn should take, in milliseconds: as many steps as fit. */
  readonly turn: number
  /** Steps that a turn makes at least; 1 by default. */
  readonly least?: number
  /** Measuring time after which a participant has no further turn, in milliseconds. */
  readonly budget: number
  /** How long one answer may take, in seconds. */
  readonly limit: number
}

/** What takes turns: see `Participant`. */
export interface Runner {
  readonly name: string
  run(count: number, name: string, limitSeconds: number): Promise<RunAnswer>
}

export interface Timing {
  readonly name: string
  /** Of one step: the median. */
  readonly milliseconds: number
  readonly samples: number
  /** Of the very first step, with whatever is traced, compiled and loaded in it. */
  readonly firstMilliseconds: number
  readonly loss: number | undefined
}

export interface Refused {
  readonly name: string
  readonly reason: string
}

/** The participants in the order of their turns: round `r` begins with number `r`. */
export function orderOfRound<T>(participants: readonly T[], round: number): T[] {
  const start = participants.length === 0 ? 0 : round % participants.length
  return [...participants.slice(start), ...participants.slice(0, start)]
}

/** How many steps of so many milliseconds make a turn: `least` or more. */
export function stepsPerTurn(turn: number, milliseconds: number, least = 1): number {
  return Math.max(least, Math.min(100, Math.round(turn / Math.max(milliseconds, 0.001))))
}

interface Contestant {
  readonly runner: Runner
  readonly samples: number[]
  first: number
  loss: number | undefined
  estimate: number
  spent: number
  refused?: string
}

/** Times one case of every runner. A runner that fails is left out from there on, and the others go on. */
export async function race(
  runners: readonly Runner[],
  caseName: string,
  options: RoundOptions,
): Promise<{ timings: Timing[]; refused: Refused[] }> {
  const contestants = runners.map(
    (runner): Contestant => ({
      runner,
      samples: [],
      first: 0,
      loss: undefined,
      estimate: 0,
      spent: 0,
    }),
  )
  const attempt = async (contestant: Contestant, work: () => Promise<void>): Promise<void> => {
    if (contestant.refused !== undefined) return
    try {
      await work()
    } catch (thrown) {
      if (!(thrown instanceof Absent)) throw thrown
      contestant.refused = thrown.message
    }
  }

  for (const contestant of contestants) {
    await attempt(contestant, () => warmUp(contestant, caseName, options))
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const contestant of orderOfRound(contestants, round)) {
      const { runner, samples, estimate, spent } = contestant
      if (spent > options.budget) continue
      await attempt(contestant, async () => {
        const count = stepsPerTurn(options.turn, estimate, options.least)
        const { milliseconds } = await runner.run(count, caseName, options.limit)
        samples.push(...milliseconds)
        contestant.spent += milliseconds.reduce((a, b) => a + b, 0)
      })
    }
  }
  return {
    timings: contestants.flatMap(timingOf),
    refused: contestants.flatMap(({ runner, refused }) =>
      refused === undefined ? [] : [{ name: runner.name, reason: refused }],
    ),
  }
}

/** The first step, then a few that let the machine settle; a very slow first step is itself the measurement. */
async function warmUp(
  contestant: Contestant,
  caseName: string,
  { turn, budget, limit }: RoundOptions,
): Promise<void> {
  const { runner } = contestant
  const { milliseconds, loss } = await runner.run(1, caseName, limit)
  const first = milliseconds[0] as number
  contestant.first = first
  contestant.loss = loss
  contestant.estimate = first
  if (first > budget) {
    contestant.samples.push(first)
    contestant.spent = first
    return
  }
  const more = first > 2000 ? 1 : Math.min(20, Math.max(3, stepsPerTurn(turn, first)))
  contestant.estimate = median((await runner.run(more, caseName, limit)).milliseconds)
}

function timingOf({ runner, samples, first, loss }: Contestant): Timing[] {
  if (samples.length === 0) return []
  return [
    {
      name: runner.name,
      milliseconds: median(samples),
      samples: samples.length,
      firstMilliseconds: first,
      loss,
    },
  ]
}
