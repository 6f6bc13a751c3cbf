/**
 * A line chart as PNG: training curves.
 */
import { WinnowError } from '@winnow/core'
import sharp from 'sharp'
import { strokeText, textWidth } from './stroke-font.ts'
import { niceTicks, tickLabels } from './ticks.ts'

/** One line. */
export interface Series {
  readonly name: string
  /** In rising order; 0, 1, 2... where left out. */
  readonly x?: readonly number[]
  /** Values that are not finite leave a gap. */
  readonly y: readonly number[]
  readonly dashed?: boolean
  /** Whether points are shown too. */
  readonly dots?: boolean
}

/** What to draw. */
export interface LineChart {
  readonly title?: string
  readonly xLabel?: string
  readonly yLabel?: string
  readonly series: readonly Series[]
  /** Pixels before `scale`; 640 by default. */
  readonly width?: number
  /** Pixels before `scale`; 400 by default. */
  readonly height?: number
  /** Pixels for each of these units; 2 by default, sharp on dense screens. */
  readonly scale?: number
}

// Okabe and Ito (2008): told apart with any colour vision; their yellow is too pale for lines on white.
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#333333']
const gridColour = '#e4e4e4'
const axisColour = '#888888'

/** The chart as PNG. */
export async function lineChart(chart: LineChart): Promise<Uint8Array> {
  const { scale = 2 } = chart
  return sharp(new TextEncoder().encode(lineChartSvg(chart)), { density: 72 * scale })
    .png()
    .toBuffer()
}

/**
 * The chart as SVG.
 * @throws WinnowError when there is nothing to draw
 */
export function lineChartSvg(chart: LineChart): string {
  const { title, xLabel, yLabel, series, width = 640, height = 400 } = chart
  const lines = series.map(({ y, x = y.map((_, i) => i), ...rest }) => {
    if (x.length !== y.length) {
      throw new WinnowError(
        `series '${rest.name}': ${x.length} x and ${y.length} y came, expected as many`,
      )
    }
    const points = x.map((value, i) => [value, y[i] as number] as const)
    return { ...rest, points }
  })
  const drawn = lines.flatMap(({ points }) => points.filter(isFinitePoint))
  if (drawn.length === 0)
    throw new WinnowError('series: no finite value came, expected at least one')

  const [yLow, yHigh] = range(drawn.map(([, y]) => y))
  const yTicks = niceTicks(yLow, yHigh, Math.max(2, Math.round(height / 70)))
  const yTexts = tickLabels(yTicks)
  const [xLow, xHigh] = widened(range(drawn.map(([x]) => x)))
  const legend = legendRows(
    lines.map(({ name }) => name),
    width,
  )

  const left =
    16 + (yLabel === undefined ? 0 : 30) + Math.max(...yTexts.map((text) => textWidth(text, 9)))
  const right = width - 22
  const top = 20 + (title === undefined ? 0 : 24) + legend.length * 20
  const bottom = height - 34 - (xLabel === undefined ? 0 : 22)
  const xTicks = niceTicks(xLow, xHigh, Math.max(2, Math.round((right - left) / 90))).filter(
    (tick) => tick >= xLow && tick <= xHigh,
  )
  const xTexts = tickLabels(xTicks)
  const [yFirst, yLast] = [yTicks[0] as number, yTicks.at(-1) as number]
  const toX = (x: number) => left + ((x - xLow) / (xHigh - xLow)) * (right - left)
  const toY = (y: number) => bottom - ((y - yFirst) / (yLast - yFirst)) * (bottom - top)

  const parts: string[] = [`<rect width="${width}" height="${height}" fill="#fff"/>`]
  if (title !== undefined)
    parts.push(strokeText(title, left, 28, { size: 12, bold: true, colour: '#111' }))
  legend.forEach((row, index) => {
    for (const { line, x } of row) {
      const y = top - 14 - (legend.length - 1 - index) * 20
      const dash = lines[line]?.dashed ? ' stroke-dasharray="5 4"' : ''
      parts.push(
        `<path d="M${left + x} ${y - 4}h22" stroke="${colourOf(line)}" stroke-width="2.4" fill="none"${dash}/>`,
        strokeText(lines[line]?.name ?? '', left + x + 29, y),
      )
    }
  })
  yTicks.forEach((tick, i) => {
    const y = crisp(toY(tick))
    parts.push(`<path d="M${left} ${y}H${right}" stroke="${gridColour}"/>`)
    parts.push(strokeText(yTexts[i] as string, left - 8, y + 4.5, { anchor: 'end' }))
  })
  xTicks.forEach((tick, i) => {
    const x = crisp(toX(tick))
    parts.push(`<path d="M${x} ${bottom}v5" stroke="${axisColour}"/>`)
    parts.push(strokeText(xTexts[i] as string, x, bottom + 19, { anchor: 'middle' }))
  })
  parts.push(`<path d="M${left} ${crisp(bottom)}H${right}" stroke="${axisColour}"/>`)
  if (xLabel !== undefined) {
    parts.push(strokeText(xLabel, (left + right) / 2, height - 14, { anchor: 'middle' }))
  }
  if (yLabel !== undefined) {
    parts.push(strokeText(yLabel, 24, (top + bottom) / 2, { anchor: 'middle', rotate: -90 }))
  }
  lines.forEach(({ points, dashed, dots }, line) => {
    const dash = dashed ? ' stroke-dasharray="6 5"' : ''
    const style = `stroke="${colourOf(line)}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" fill="none"${dash}`
    for (const run of runs(points)) {
      const path = run.map(([x, y]) => `${toX(x).toFixed(2)} ${toY(y).toFixed(2)}`)
      // A lone point has no line; a round cap makes it a dot.
      parts.push(
        run.length === 1
          ? `<path d="M${path[0]}h.01" stroke="${colourOf(line)}" stroke-width="6" stroke-linecap="round"/>`
          : `<path d="M${path.join('L')}" ${style}/>`,
      )
    }
    if (!dots) return
    for (const [x, y] of points.filter(isFinitePoint)) {
      const place = `cx="${toX(x).toFixed(2)}" cy="${toY(y).toFixed(2)}"`
      parts.push(`<circle ${place} r="3.5" fill="${colourOf(line)}"/>`)
    }
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`
}

type Point = readonly [x: number, y: number]

function isFinitePoint([x, y]: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y)
}

/** The stretches of finite points. */
function runs(points: readonly Point[]): Point[][] {
  const out: Point[][] = [[]]
  for (const point of points) {
    if (isFinitePoint(point)) out.at(-1)?.push(point)
    else out.push([])
  }
  return out.filter((run) => run.length > 0)
}

function range(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
}

function widened([low, high]: [number, number]): [number, number] {
  return low < high ? [low, high] : [low - 1, high + 1]
}

/** Entries beside one another, in as many rows as they need. */
function legendRows(
  names: readonly string[],
  width: number,
): { readonly line: number; readonly x: number }[][] {
  const rows: { line: number; x: number }[][] = [[]]
  let x = 0
  names.forEach((name, line) => {
    const needed = 29 + textWidth(name, 9) + 22
    if (x > 0 && x + needed > width - 90) {
      rows.push([])
      x = 0
    }
    rows.at(-1)?.push({ line, x })
    x += needed
  })
  return rows
}

function colourOf(line: number): string {
  return colours[line % colours.length] as string
}

/** In the middle of a pixel, where a line of one pixel is sharp. */
function crisp(value: number): number {
  return Math.floor(value) + 0.5
}
