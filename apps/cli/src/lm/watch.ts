/**
 * Bits per byte of validation texts every so many updates, for an epoch of text may be longer than a run.
 */
import { bitsPerByte, type LanguageModel } from '@winnow/lm'
import type { Watch } from '../run/kind.ts'
import type { LmData, LmSettings } from './settings.ts'

/** Bits per byte after so many updates. */
export interface BitsPoint {
  readonly step: number
  readonly bitsPerByte: number
}

/** A run is measured about so often. */
const POINTS = 20

/** Characters that are looked at: enough to see a trend. */
const WATCHED = 60_000

/** Watches a run of `steps` updates. */
export function watchBits(
  model: LanguageModel,
  data: LmData,
  settings: LmSettings,
  steps: number,
): Watch {
  const every = Math.max(1, Math.ceil(steps / POINTS))
  const texts = firstTexts(data.texts.validation, WATCHED)
  const record: BitsPoint[] = []
  return {
    record,
    async onStep({ step }) {
      if (step % every !== 0 && step !== 1 && step !== steps) return
      const { bitsPerByte: bits } = await bitsPerByte(model, data.tokenizer, texts, {
        stride: settings.context,
      })
      record.push({ step, bitsPerByte: bits })
    },
  }
}

/** Texts of about so many characters, taken evenly from all; a long one is cut. */
function firstTexts(texts: readonly string[], most: number): readonly string[] {
  const total = texts.reduce((sum, { length }) => sum + length, 0)
  const each = Math.max(1, Math.floor(total / most))
  const chosen: string[] = []
  let left = most
  for (let i = 0; i < texts.length && left > 0; i += each) {
    const text = (texts[i] as string).slice(0, left)
    chosen.push(text)
    left -= text.length
  }
  return chosen
}
