/**
 * The tour: a small model of each kind, one after another within one stretch of time. A kind that fails does not stop the
 * others, and Ctrl-C keeps what is done.
 */
import { unknownName, WinnowError } from '@winnow/core'
import { duration } from '../progress-bar.ts'
import type { TextStream } from '../terminal.ts'
import type { Chapter } from './chapter.ts'
import { compressionChapter } from './compression.ts'
import { maeChapter } from './mae.ts'
import { retrievalChapter } from './retrieval.ts'
import { saeChapter } from './sae.ts'
import { Interrupted, type Stage } from './stage.ts'
import { vaeChapter } from './vae.ts'

/** A kind of model that the tour visits. */
export interface Stop {
  /** What `--only` calls it. */
  readonly name: string
  readonly title: string
  tell(stage: Stage): Promise<Chapter>
}

/** In the order of the page. */
export const STOPS: readonly Stop[] = [
  { name: 'vae', title: 'Variational autoencoder', tell: vaeChapter },
  { name: 'mae', title: 'Masked autoencoder', tell: maeChapter },
  { name: 'sae', title: 'Sparse autoencoder', tell: saeChapter },
  { name: 'retrieval', title: 'Retrieval', tell: retrievalChapter },
  { name: 'compression', title: 'Compression', tell: compressionChapter },
]

/** What came of one kind: a chapter, or why there is none. */
export interface Outcome {
  readonly name: string
  readonly title: string
  readonly chapter?: Chapter
  /** In words; for a kind without a chapter. */
  readonly failure?: string
}

/** Options of {@link tour}. */
export interface TourOptions {
  /** For everything. */
  readonly seconds: number
  /** Updates of each kind, whatever time they take. */
  readonly steps?: number
  /** What data and measures are divided by; 1 by default. */
  readonly shrink?: number
  readonly signal: AbortSignal
  /** Where progress is shown. */
  readonly stream: TextStream
  /** Called after each kind with all that there is so far. */
  readonly onOutcome?: (outcomes: readonly Outcome[]) => Promise<void>
  /** Seconds from any origin. */
  readonly now?: () => number
}

/**
 * The kinds that a list with commas names, in the order of the page; all of them by default.
 *
 * @throws WinnowError for an unknown name, with the nearest known one
 */
export function chosenStops(only: string | undefined): readonly Stop[] {
  if (only === undefined) return STOPS
  const known = STOPS.map(({ name }) => name)
  const wanted = only.split(',').map((name) => name.trim().toLowerCase())
  for (const name of wanted) {
    if (!known.includes(name)) throw unknownName('--only', name, known)
  }
  return STOPS.filter(({ name }) => wanted.includes(name))
}

/** Visits the kinds. What one leaves over of its share goes to those after it. */
export async function tour(stops: readonly Stop[], options: TourOptions): Promise<Outcome[]> {
  const { seconds, steps, shrink = 1, signal, stream, onOutcome } = options
  const { now = () => performance.now() / 1000 } = options
  const start = now()
  const outcomes: Outcome[] = []
  for (const [i, { name, title, tell }] of stops.entries()) {
    const share = Math.max(1, (seconds - (now() - start)) / (stops.length - i))
    stream.write(`\n${i + 1}/${stops.length} ${title}: about ${duration(share)}\n`)
    const stage: Stage = {
      seconds: share,
      ...(steps === undefined ? {} : { steps }),
      ...{ shrink, signal, stream, now },
    }
    outcomes.push({ name, title, ...(await told(tell, stage)) })
    const { failure, chapter } = outcomes.at(-1) as Outcome
    if (failure !== undefined) stream.write(`${failure}\n`)
    for (const { title: what, entries } of chapter?.numbers ?? []) {
      const parts = entries.map(({ name: whose, text }) => `${whose}: ${text}`)
      stream.write(`${what}. ${parts.join('; ')}\n`)
    }
    await onOutcome?.(outcomes)
  }
  return outcomes
}

async function told(
  tell: Stop['tell'],
  stage: Stage,
): Promise<Pick<Outcome, 'chapter' | 'failure'>> {
  if (stage.signal.aborted) return { failure: 'Not reached: the tour was interrupted.' }
  try {
    return { chapter: await tell(stage) }
  } catch (error) {
    if (error instanceof Interrupted || (stage.signal.aborted && isAbort(error))) {
      return { failure: 'Interrupted before anything was learnt.' }
    }
    const { message, stack = message } = error as Error
    if (error instanceof WinnowError) return { failure: message }
    stage.stream.write(`${stack}\n`)
    return { failure: `This is a mistake in Winnow, please report it: ${message}` }
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
