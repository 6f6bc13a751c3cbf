/**
 * A chart of lines as SVG that stands in the page, in the page's colours.
 */
import { niceTicks, tickLabels } from '../../pictures/ticks.ts'
import type { Curve } from '../chapter.ts'
import { escaped } from './text.ts'

const SIZE = { width: 460, height: 250 }
const PLOT = { left: 52, right: 448, top: 12, bottom: 200 }
/** Of the values, these many on each side do not stretch the axis: the first updates would flatten the rest. */
const OUTLYING = 0.04
const LINES = 4

/** The chart with its legend below. */
export function curveSvg({ title, yLabel, lines }: Curve): string {
  const finite = lines.flatMap(({ y }) => y.filter(Number.isFinite))
  const sorted = finite.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0
  const levels = lines.filter(({ level }) => level).map(({ y }) => y[0] ?? 0)
  const ticks = niceTicks(
    Math.min(at(OUTLYING), ...levels),
    Math.max(at(1 - OUTLYING), ...levels),
    4,
  )
  const [low, high] = [ticks[0] as number, ticks.at(-1) as number]
  const last = Math.max(1, ...lines.flatMap(({ x }) => x))
  const across = (x: number): number => PLOT.left + ((PLOT.right - PLOT.left) * x) / last
  const up = (y: number): number =>
    PLOT.bottom -
    ((PLOT.bottom - PLOT.top) * (Math.min(high, Math.max(low, y)) - low)) / (high - low)
  const yTexts = tickLabels(ticks)
  const xTicks = niceTicks(0, last, 4).filter((tick) => tick <= last)
  const xTexts = tickLabels(xTicks)
  const marks = [
    ...ticks.map(
      (tick, i) =>
        `<path class="grid" d="M${PLOT.left} ${fixed(up(tick))}H${PLOT.right}"/>` +
        `<text x="${PLOT.left - 6}" y="${fixed(up(tick) + 4)}" text-anchor="end">${yTexts[i]}</text>`,
    ),
    ...xTicks.map(
      (tick, i) =>
        `<text x="${fixed(across(tick))}" y="${PLOT.bottom + 18}" text-anchor="middle">${xTexts[i]}</text>`,
    ),
  ]
  const paths = lines.map(({ x, y }, line) => {
    const points = x.flatMap((place, i) => {
      const value = y[i] as number
      return Number.isFinite(value) ? [`${fixed(across(place))} ${fixed(up(value))}`] : []
    })
    return `<path class="line line-${line % LINES}" d="M${points.join('L')}"/>`
  })
  const described = lines.map(({ name, y }) => `${name}: ${shown(y[0])} to ${shown(y.at(-1))}`)
  return `<figure class="curve">
<figcaption>${escaped(title)} <span>${escaped(yLabel)}</span></figcaption>
<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escaped(`${title}, ${yLabel}, over ${last} updates. ${described.join('; ')}`)}">
${marks.join('\n')}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 40}" text-anchor="middle">updates</text>
${paths.join('\n')}
</svg>
<ul class="legend" aria-hidden="true">${lines
    .map(({ name }, line) => `<li><i class="key-${line % LINES}"></i>${escaped(name)}</li>`)
    .join('')}</ul>
</figure>`
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)))
}

function shown(value: number | undefined): string {
  return value === undefined ? '?' : String(Number(value.toPrecision(3)))
}
