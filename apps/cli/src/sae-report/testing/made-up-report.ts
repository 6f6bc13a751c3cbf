/**
 * A report of made-up features.
 */
import { Rng } from '@winnow/core'
import { LEVELS, type ReportData, type ReportFeature } from '../data.ts'

const VOCABULARY = 4096
const STREAM = 65_536
const WINDOW = 28
const EXAMPLES = 8

/** `features` features over random tokens; only the last one is strong at ` needle`, and number 3 is never on. */
export function madeUpReport(features: number): ReportData {
  const rng = new Rng(5)
  const draw = (below: number): number => Math.floor(rng.number() * below)
  const stream = Array.from({ length: STREAM }, () => draw(VOCABULARY - 1))
  const needle = 100
  stream[needle] = VOCABULARY - 1
  const moved = (sign: number): [number, number][] =>
    Array.from({ length: 10 }, (_, i) => [draw(VOCABULARY - 1), sign * (10 - i)])
  const example = (peak: number): ReportFeature['examples'][number] => {
    const levels = Array.from({ length: WINDOW }, () => LEVELS[draw(4) === 0 ? draw(40) : 0])
    levels[20] = 'z'
    return { start: peak - 20, peak, levels: levels.join('') }
  }
  return {
    title: 'Features of <b>made-up</b> texts',
    facts: [['features', String(features)]],
    vocabulary: Array.from({ length: VOCABULARY }, (_, id) =>
      id === VOCABULARY - 1 ? ' Needle' : ` t${id}`,
    ),
    stream,
    features: Array.from({ length: features }, (_, feature): ReportFeature => {
      const dead = feature === 3
      const peaks = Array.from({ length: EXAMPLES }, () => 1000 + draw(STREAM - 2000))
      if (feature === features - 1) peaks[0] = needle
      return {
        on: dead ? 0 : 1 + draw(500),
        most: dead ? 0 : 1 + draw(100) / 10,
        bins: Array.from({ length: 20 }, () => (dead ? 0 : draw(100))),
        near: Array.from({ length: 8 }, (_, i) => [(feature + 1 + i) % features, 0.9 - i / 10]),
        up: moved(1),
        down: moved(-1),
        examples: dead ? [] : peaks.map(example),
      }
    }),
  }
}
