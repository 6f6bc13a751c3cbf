/**
 * Some latents of a sparse autoencoder, each with the texts that it is on for.
 */
import type { Tokenizer } from '@winnow/text'
import { type FeatureActivity, featureActivity, type LookedAt } from '../sae-report/activity.ts'
import { LEVELS } from '../sae-report/data.ts'
import type { ShadedTexts, ShadedToken } from './chapter.ts'

const FEATURES = 6
const LINES = 3
/** Tokens before the strongest one that are shown, and after it. */
const BEFORE = 9
const AFTER = 4
/** A latent that is on for more than this share of the tokens says little about one of them. */
const MOST_OFTEN = 0.03
const LEAST_TIMES = 12

/** Those that are strongest on tokens of several texts, each for another token. */
export async function shadedFeatures(
  looked: LookedAt & { readonly tokenizer: Tokenizer },
): Promise<ShadedTexts> {
  const { ids, tokenizer } = looked
  const all = await featureActivity(looked)
  const text = (id: number): string => shown(tokenizer.text(id))
  const chosen: { readonly number: number; readonly activity: FeatureActivity }[] = []
  const seen = new Set<string>()
  const often = Math.max(LEAST_TIMES, MOST_OFTEN * ids.length)
  const order = [...all.entries()]
    .filter(([, { on, examples }]) => on >= LEAST_TIMES && on <= often && examples.length >= LINES)
    .sort(([, a], [, b]) => b.most - a.most)
  for (const [number, activity] of order) {
    const peak = text(ids[activity.examples[0]?.peak ?? 0] as number)
      .trim()
      .toLowerCase()
    if (chosen.length === FEATURES || seen.has(peak)) continue
    seen.add(peak)
    chosen.push({ number, activity })
  }
  const total = ids.length - 1
  return {
    kind: 'shaded',
    title: 'When directions are on',
    caption:
      'The strongest ones that are on for few tokens and differ in the token they like best, and where they are on the most in texts ' +
      'that were not trained on. The darker, the stronger.',
    groups: chosen.map(({ number, activity: { on, examples } }) => ({
      label: `direction ${number}, on for ${((100 * on) / total).toFixed(1)} % of the tokens`,
      lines: examples.slice(0, LINES).map(({ start, peak, levels }) => {
        const line: ShadedToken[] = []
        for (let i = 0; i < levels.length; i++) {
          if (start + i < peak - BEFORE || start + i > peak + AFTER) continue
          const level = LEVELS.indexOf(levels[i] as string) / (LEVELS.length - 1)
          line.push({ text: text(ids[start + i] as number), level })
        }
        return line
      }),
    })),
  }
}

/** Line ends, and the end of a text, as signs. */
function shown(token: string): string {
  return token.replaceAll('\n', '⏎').replaceAll(/<\|.*?\|>/g, '¶')
}
