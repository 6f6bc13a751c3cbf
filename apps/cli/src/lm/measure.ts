/**
 * What is measured of a language model: bits per byte of texts that it has not seen, beside gzip and an n-gram model that
 * was counted on the same training texts; and what it writes.
 */
import { Rng } from '@winnow/core'
import {
  bitsPerByte,
  generate,
  gzipBitsPerByte,
  type LanguageModel,
  nGramBitsPerByte,
} from '@winnow/lm'
import type { Tokenizer } from '@winnow/text'
import type { LoadedText } from '../data/text/load-text.ts'
import { number } from '../progress-bar.ts'
import { table } from '../table.ts'
import type { LmData } from './settings.ts'

/** See the top of the file. All in bits per byte count the end of each text as one byte. */
export interface LmMeasures {
  readonly bitsPerByte: number
  readonly natsPerToken: number
  readonly tokens: number
  readonly bytes: number
  readonly gzip: number
  /** By the same tokens. */
  readonly nGram: number
  /** What the model writes by itself. */
  readonly samples: readonly string[]
}

/** What {@link measureLm} needs of the data. */
export type MeasuredData = Pick<LmData, 'texts' | 'tokenizer'>

const SAMPLES = 3
const SAMPLE_TOKENS = 100
/** Colder than the model's own probabilities: fewer odd words. */
const TEMPERATURE = 0.8

/** Bits per byte of the test texts; each token is judged with at least half of the context before it. */
export async function measureLm(model: LanguageModel, data: MeasuredData): Promise<LmMeasures> {
  const { texts, tokenizer } = data
  const measured = await bitsPerByte(model, tokenizer, texts.test)
  return {
    ...measured,
    ...(await baselines(texts, tokenizer)),
    samples: await samples(model, tokenizer),
  }
}

async function baselines(
  { training, test }: LoadedText,
  tokenizer: Tokenizer,
): Promise<Pick<LmMeasures, 'gzip' | 'nGram'>> {
  return {
    gzip: await gzipBitsPerByte(test),
    nGram: nGramBitsPerByte(training, test, { tokenizer }),
  }
}

async function samples(model: LanguageModel, tokenizer: Tokenizer): Promise<readonly string[]> {
  const end = tokenizer.endOfText ?? 0
  const texts: string[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const ids = await generate(model, [end], {
      tokens: SAMPLE_TOKENS,
      temperature: TEMPERATURE,
      stop: end,
      rng: new Rng(11).fold(i),
    })
    texts.push(tokenizer.decode(ids))
  }
  return texts
}

/** The measures as lines of text. */
export function report(measured: LmMeasures): string {
  const { tokens, bytes, natsPerToken, nGram, gzip } = measured
  const rows = [
    [
      'bits per byte',
      measured.bitsPerByte.toFixed(3),
      `over ${number(bytes)} bytes of test texts; ${natsPerToken.toFixed(3)} nats for each of ${number(tokens)} tokens`,
    ],
    [
      'n-grams',
      nGram.toFixed(3),
      'of the same tokens, interpolated Kneser-Ney, same training texts',
    ],
    ['gzip', gzip.toFixed(3), 'of the test texts alone'],
  ]
  return `${table(rows, [1])}\n\n${samplesText(measured)}`
}

/** What the model wrote, one sample below the other. */
export function samplesText({ samples: texts }: LmMeasures): string {
  return texts
    .map((text, i) => `sample ${i + 1} (temperature ${TEMPERATURE}): ${text.trim()}`)
    .join('\n\n')
}
