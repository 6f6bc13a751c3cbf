/**
 * Text as strokes: a font of our own drawn as SVG paths, so that pictures have words on machines without any font, and
 * the same pixels everywhere.
 *
 * Units: capitals are 12 high (y from 0 to 12, the base line), small letters 8, descenders reach 16.
 */

/** A glyph: its width, and its strokes. */
type Glyph = readonly [width: number, path: string]

const gap = 2.8
const bowlLeft = 'M7 8a3.5 4 0 1 1-7 0a3.5 4 0 1 1 7 0'
const bowlRight = 'M0 8a3.5 4 0 1 0 7 0a3.5 4 0 1 0-7 0'
const unknown: Glyph = [6, 'M0 0h6v12h-6z']

const glyphs: Readonly<Record<string, Glyph>> = {
  ' ': [2.4, ''],
  '!': [0, 'M0 0v8.2M0 12v.01'],
  '"': [3, 'M0 0v3.2M3 0v3.2'],
  '#': [8, 'M2.6 0l-1.6 12M7 0l-1.6 12M.5 4h7.5M0 8h7.5'],
  $: [
    7,
    'M6.8 2.8q-1.2-1.6-3.3-1.6c-4 0-4.2 4-.1 4.7c4.6.8 4.6 4.9.1 4.9q-2.4 0-3.5-1.8M3.5-.6v13.2',
  ],
  '%': [
    10,
    'M8.6 0l-7.2 12M0 2.8a2.1 2.8 0 1 0 4.2 0a2.1 2.8 0 1 0-4.2 0M5.8 9.2a2.1 2.8 0 1 0 4.2 0a2.1 2.8 0 1 0-4.2 0',
  ],
  '&': [
    8.4,
    'M8.2 12l-5.6-7q-1.8-2.6 0-4.2q1.3-1.1 2.8 0q1.8 1.7-.6 3.6q-4.6 2.4-4.6 4.8q.2 2.6 3 2.8q4.4 0 4.8-5',
  ],
  "'": [0, 'M0 0v3.2'],
  '(': [2.6, 'M2.6-.8q-5.2 6.9 0 14'],
  ')': [2.6, 'M0-.8q5.2 6.9 0 14'],
  '*': [5, 'M2.5 1v6M0 2.5l5 3M5 2.5l-5 3'],
  '+': [7, 'M3.5 3.5v7M0 7h7'],
  ',': [1, 'M1 11.6q0 2-1 2.8'],
  '-': [4, 'M0 7.6h4'],
  '−': [7, 'M0 7h7'],
  '.': [0, 'M0 11.9v.1'],
  '/': [5, 'M5-.4l-5 13'],
  0: [7, 'M0 6a3.5 6 0 1 0 7 0a3.5 6 0 1 0-7 0'],
  1: [7, 'M1 2.6l3-2.6v12M1.2 12h5.4'],
  2: [7, 'M.4 3a3.2 3.1 0 1 1 5.7 1.7q-1 1.5-5.9 7.3h6.8'],
  3: [7, 'M.6 2.1q.9-2.1 3-2.1c3.8 0 3.8 5.5-.8 5.6c5.6 0 5.4 6.4.6 6.4q-2.4 0-3.4-2.4'],
  4: [7.4, 'M5.6 12v-12l-5.6 8.6h7.4'],
  5: [7, 'M6.2 0h-5l-.6 5.6q1.2-1.1 2.8-1.1c4.8 0 4.6 7.5 0 7.5q-2.4 0-3.4-2.2'],
  6: [7, 'M5.8.4q-5.7 1.4-5.7 7.9M.1 8.3a3.4 3.7 0 1 0 6.8 0a3.4 3.7 0 1 0-6.8 0'],
  7: [7, 'M0 0h7l-4.4 12'],
  8: [
    7,
    'M.6 2.9a2.9 2.9 0 1 0 5.8 0a2.9 2.9 0 1 0-5.8 0M.1 8.9a3.4 3.1 0 1 0 6.8 0a3.4 3.1 0 1 0-6.8 0',
  ],
  9: [7, 'M1.2 11.6q5.7-1.4 5.7-7.9M.1 3.7a3.4 3.7 0 1 0 6.8 0a3.4 3.7 0 1 0-6.8 0'],
  ':': [0, 'M0 5v.1M0 11.9v.1'],
  ';': [1, 'M1 5v.1M1 11.6q0 2-1 2.8'],
  '<': [6, 'M6 3l-6 4l6 4'],
  '=': [7, 'M0 5.2h7M0 8.8h7'],
  '>': [6, 'M0 3l6 4l-6 4'],
  '?': [6, 'M0 2.4q.8-2.4 3-2.4c3.8 0 3.8 3.6 1.4 5.2q-1.6 1.2-1.5 3M2.9 12v.01'],
  '@': [
    11,
    'M7.8 4.4v3.8q.2 1.8 1.5 1.4q1.6-.6 1.6-3.6a5.3 5.8 0 1 0-2.6 4.9M3 6.6a2.4 2.8 0 1 0 4.8 0a2.4 2.8 0 1 0-4.8 0',
  ],
  A: [9, 'M0 12l4.5-12l4.5 12M1.6 8h5.8'],
  B: [7.4, 'M0 5.8h4.2a2.9 2.9 0 1 0 0-5.8h-4.2v12h4.3a3.1 3.1 0 1 0 0-6.2'],
  C: [8.4, 'M8.4 2.4a4.8 6 0 1 0 0 7.2'],
  D: [8.2, 'M0 0v12h3a5.2 6 0 0 0 0-12z'],
  E: [6.6, 'M6.6 0h-6.6v12h6.6M0 5.8h5.8'],
  F: [6.6, 'M6.6 0h-6.6v12M0 5.8h5.8'],
  G: [8.8, 'M8.4 2.4a4.8 6 0 1 0 .4 6.5v-2.4h-3.6'],
  H: [8, 'M0 0v12M8 0v12M0 5.8h8'],
  I: [0, 'M0 0v12'],
  J: [4.6, 'M4.6 0v8.8q0 3.2-2.4 3.2q-1.6 0-2.2-1.4'],
  K: [7.6, 'M0 0v12M7.4 0l-7.4 7.6M2.8 4.9l4.8 7.1'],
  L: [6.2, 'M0 0v12h6.2'],
  M: [9.6, 'M0 12v-12l4.8 8l4.8-8v12'],
  N: [8, 'M0 12v-12l8 12v-12'],
  O: [9.6, 'M0 6a4.8 6 0 1 0 9.6 0a4.8 6 0 1 0-9.6 0'],
  P: [7.4, 'M0 12v-12h4.1a3.3 3.3 0 1 1 0 6.6h-4.1'],
  Q: [9.6, 'M0 6a4.8 6 0 1 0 9.6 0a4.8 6 0 1 0-9.6 0M5.8 8.8l3.6 4'],
  R: [7.6, 'M0 12v-12h4.1a3.2 3.2 0 1 1 0 6.4h-4.1M4 6.4l3.6 5.6'],
  S: [7.2, 'M6.9 2q-1.2-2-3.4-2c-4.2 0-4.4 5-.1 5.8c5 .9 4.8 6.2.1 6.2q-2.4 0-3.5-2.2'],
  T: [8, 'M0 0h8M4 0v12'],
  U: [7.6, 'M0 0v8.2a3.8 3.8 0 0 0 7.6 0v-8.2'],
  V: [8.6, 'M0 0l4.3 12l4.3-12'],
  W: [12.4, 'M0 0l3 12l3.2-12l3.2 12l3-12'],
  X: [7.8, 'M0 0l7.8 12M7.8 0l-7.8 12'],
  Y: [8, 'M0 0l4 6v6M8 0l-4 6'],
  Z: [7.4, 'M0 0h7.2l-7.2 12h7.4'],
  '[': [2.6, 'M2.6-.8h-2.6v14h2.6'],
  '\\': [5, 'M0-.4l5 13'],
  ']': [2.6, 'M0-.8h2.6v14h-2.6'],
  '^': [6, 'M0 4.4l3-4.4l3 4.4'],
  _: [7, 'M0 14h7'],
  '`': [2, 'M0 0l2 2'],
  a: [7, `M7 4v8${bowlLeft}`],
  b: [7, `M0 0v12${bowlRight}`],
  c: [6.2, 'M6.2 5.4a3.6 4 0 1 0 0 5.2'],
  d: [7, `M7 0v12${bowlLeft}`],
  e: [7, 'M0 8h7a3.5 4 0 1 0-.9 2.7'],
  f: [4.4, 'M4.4.2q-2.8-.7-2.8 2.4v9.4M0 4h4.2'],
  g: [7, `M7 4v8.6q0 3.4-3.4 3.4q-2 0-3-1.3${bowlLeft}`],
  h: [6, 'M0 0v12M0 7a3 3 0 0 1 6 0v5'],
  i: [0, 'M0 4v8M0 .7v.1'],
  j: [1.6, 'M1.6 4v9.8q0 2.2-1.9 2.2M1.6 .7v.1'],
  k: [5.8, 'M0 0v12M5.4 4l-5.4 4.8M2.1 7l3.7 5'],
  l: [0, 'M0 0v12'],
  m: [10, 'M0 4v8M0 6.8a2.5 2.8 0 0 1 5 0v5.2M5 6.8a2.5 2.8 0 0 1 5 0v5.2'],
  n: [6, 'M0 4v8M0 7a3 3 0 0 1 6 0v5'],
  o: [7, bowlRight],
  p: [7, `M0 4v12${bowlRight}`],
  q: [7, `M7 4v12${bowlLeft}`],
  r: [3.8, 'M0 4v8M0 7.4q.6-3.4 3.8-3.3'],
  s: [5.4, 'M5.1 5.3q-.9-1.3-2.6-1.3c-3.1 0-3.2 3.2-.1 3.8c3.8.7 3.7 4.2.1 4.2q-1.8 0-2.5-1.5'],
  t: [4.6, 'M1.7 1.4v8.2q0 2.4 2.9 2.2M0 4h4.3'],
  u: [6, 'M0 4v5a3 3 0 0 0 6 0v-5M6 4v8'],
  v: [6.4, 'M0 4l3.2 8l3.2-8'],
  w: [9.6, 'M0 4l2.4 8l2.4-8l2.4 8l2.4-8'],
  x: [5.8, 'M0 4l5.8 8M5.8 4l-5.8 8'],
  y: [6.4, 'M0 4l3.3 8M6.4 4l-3.9 10q-.7 2-2.5 1.9'],
  z: [5.6, 'M0 4h5.4l-5.4 8h5.6'],
  '{': [3, 'M3-.8q-2 0-2 2v3q0 2-1 2q1 0 1 2v3q0 2 2 2'],
  '|': [0, 'M0-.8v14'],
  '}': [3, 'M0-.8q2 0 2 2v3q0 2 1 2q-1 0-1 2v3q0 2-2 2'],
  '~': [7, 'M0 7.8q1.6-2.4 3.5-.8t3.5-.8'],
  '×': [5.6, 'M0 4.2l5.6 5.6M5.6 4.2l-5.6 5.6'],
  β: [6.6, 'M0 16v-12.6q0-3.4 2.9-3.4c3.8 0 3.6 5.2-.4 5.4c5.4 0 5.2 6.6.6 6.6q-2 0-3.1-1.2'],
}

/** How wide `text` is at a capital height of `size` pixels. */
export function textWidth(text: string, size: number): number {
  const units = [...text].reduce((sum, character) => sum + glyphOf(character)[0] + gap, 0)
  return (Math.max(0, units - gap) * size) / 12
}

/** How a text is set. */
export interface TextOptions {
  /** The height of capitals in pixels; 9 by default. */
  readonly size?: number
  readonly colour?: string
  /** Which end of the text is at x. */
  readonly anchor?: 'start' | 'middle' | 'end'
  /** Bold strokes. */
  readonly bold?: boolean
  /** Degrees, clockwise, around the point. */
  readonly rotate?: number
}

/** An SVG group with `text`, its base line at `y`. */
export function strokeText(text: string, x: number, y: number, options: TextOptions = {}): string {
  const { size = 9, colour = '#333', anchor = 'start', bold = false, rotate = 0 } = options
  const scale = size / 12
  const back = { start: 0, middle: 0.5, end: 1 }[anchor] * textWidth(text, size)
  let pen = 0
  const paths: string[] = []
  for (const character of text) {
    const [width, path] = glyphOf(character)
    if (path !== '') paths.push(`<path transform="translate(${round(pen)} 0)" d="${path}"/>`)
    pen += width + gap
  }
  const turn = rotate === 0 ? '' : ` rotate(${rotate})`
  const place = `translate(${round(x)} ${round(y)})${turn} translate(${round(-back)} ${round(-size)}) scale(${round(scale)})`
  // In units of the glyphs, so that strokes are never thinner than a pixel on the paper.
  const stroke = Math.max(bold ? 2 : 1.35, (bold ? 1.5 : 1) / scale)
  return (
    `<g transform="${place}" fill="none" stroke="${colour}" stroke-width="${round(stroke)}" ` +
    `stroke-linecap="round" stroke-linejoin="round">${paths.join('')}</g>`
  )
}

/** Whether the font has this character; others are drawn as a box. */
export function hasGlyph(character: string): boolean {
  return Object.hasOwn(glyphs, character)
}

function glyphOf(character: string): Glyph {
  return hasGlyph(character) ? (glyphs[character] as Glyph) : unknown
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
