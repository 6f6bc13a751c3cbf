import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageGrid, stackImages } from './image-grid.ts'
import { lineChart, lineChartSvg } from './line-chart.ts'
import { hasGlyph, strokeText, textWidth } from './stroke-font.ts'
import { niceTicks, tickLabels } from './ticks.ts'

async function pixelsOf(png: Uint8Array) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)]
  return { at, width: info.width, height: info.height, data }
}

describe('imageGrid', () => {
  it('puts every pixel in its place, on white', async () => {
    // Three images of 1x2: [0, 51], [102, 153], [204, 255].
    const images = { data: Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 7), shape: [3, 1, 2, 1] }
    const { at, width, height } = await pixelsOf(
      await imageGrid(images, { columns: 2, scale: 2, gap: 1 }),
    )
    expect([width, height]).toEqual([11, 7])
    const grey = (x: number, y: number) => at(x, y)[0]
    expect([grey(1, 1), grey(2, 2), grey(3, 1), grey(4, 2)]).toEqual([0, 0, 51, 51])
    expect([grey(6, 1), grey(9, 2)]).toEqual([102, 153])
    expect([grey(1, 4), grey(2, 5), grey(3, 4)]).toEqual([204, 204, 255])
    expect([grey(0, 0), grey(5, 1), grey(6, 4), grey(1, 3)]).toEqual([255, 255, 255, 255])
  })

  it('shows colour, and what is transparent as white', async () => {
    const colour = { data: Uint8Array.of(10, 20, 30), shape: [1, 1, 1, 3] }
    expect((await pixelsOf(await imageGrid(colour, { scale: 1, gap: 0 }))).at(0, 0)).toEqual([
      10, 20, 30,
    ])
    const clear = { data: Uint8Array.of(10, 20, 30, 0), shape: [1, 1, 1, 4] }
    expect((await pixelsOf(await imageGrid(clear, { scale: 1, gap: 0 }))).at(0, 0)).toEqual([
      255, 255, 255,
    ])
  })

  it('stacks sets as labelled rows', async () => {
    const set = (value: number) => ({ data: new Uint8Array(8).fill(value), shape: [2, 2, 2, 1] })
    const stacked = stackImages(set(10), set(200), { ...set(0), data: new Float32Array(8).fill(1) })
    expect(stacked.shape).toEqual([6, 2, 2, 1])
    const options = { columns: 2, scale: 10, gap: 2 }
    const bare = await pixelsOf(await imageGrid(stacked, options))
    const labelled = await pixelsOf(
      await imageGrid(stacked, { ...options, labels: ['original', 'rebuilt', 'sample'] }),
    )
    const margin = labelled.width - bare.width
    expect(margin).toBeGreaterThan(textWidth('original', 10))
    expect(labelled.at(margin + 5, 30)).toEqual([200, 200, 200])
    // Ink beside each row, and none beside the gaps.
    const dark = (row: number) =>
      Array.from({ length: margin * 22 }, (_, i) =>
        labelled.at(i % margin, row * 22 + Math.floor(i / margin)),
      ).filter(([red = 255]) => red < 160).length
    for (const row of [0, 1, 2]) expect(dark(row)).toBeGreaterThan(40)
  })

  it.each([
    ['no images', { data: new Uint8Array(0), shape: [0, 2, 2, 1] }, {}, /images: 0 values/],
    ['two channels', { data: new Uint8Array(8), shape: [1, 2, 2, 2] }, {}, /1, 3 or 4 channels/],
    ['a shape that does not fit', { data: new Uint8Array(3), shape: [1, 2, 2, 1] }, {}, /3 values/],
    [
      'too few labels',
      { data: new Uint8Array(8), shape: [2, 2, 2, 1] },
      { columns: 1, labels: ['a'] },
      /labels: 1 came for 2 rows/,
    ],
    [
      'half a column',
      { data: new Uint8Array(4), shape: [1, 2, 2, 1] },
      { columns: 0.5 },
      /columns: 0.5/,
    ],
  ])('refuses %s', async (_, images, options, message) => {
    await expect(imageGrid(images, options)).rejects.toThrow(message)
  })
})

describe('lineChart', () => {
  const series = [{ name: 'loss', y: [0, 10] }]

  it('draws the line where the values are', async () => {
    const { data, at, width, height } = await pixelsOf(
      await lineChart({ series, width: 200, height: 150, scale: 1 }),
    )
    expect([width, height]).toEqual([200, 150])
    expect(at(0, 0)).toEqual([255, 255, 255])
    const blue: [number, number][] = []
    for (let i = 0; i < data.length; i += 3) {
      const [red = 0, , third = 0] = data.subarray(i, i + 3)
      if (red < 30 && third > 150) blue.push([(i / 3) % width, Math.floor(i / 3 / width)])
    }
    const curve = blue.filter(([, y]) => y > 42)
    const [first, last] = [
      curve.reduce((a, b) => (b[0] < a[0] ? b : a)),
      curve.reduce((a, b) => (b[0] > a[0] ? b : a)),
    ]
    // From the lower left, on the axis, to the upper right.
    expect(Math.abs(first[1] - 116)).toBeLessThan(3)
    expect(last[0]).toBeGreaterThan(170)
    expect(last[1]).toBeLessThan(46)
  })

  it('is twice as many pixels at scale 2', async () => {
    const { width, height } = await pixelsOf(await lineChart({ series, width: 200, height: 150 }))
    expect([width, height]).toEqual([400, 300])
  })

  it('leaves a gap at values that are not finite, and shows lone points', () => {
    const svg = lineChartSvg({ series: [{ name: 'loss', y: [1, 2, Number.NaN, 3] }] })
    expect(svg).not.toContain('NaN')
    expect(svg.match(/stroke-width="6"/g)).toHaveLength(1)
  })

  it('draws a constant, a single point and many lines', () => {
    for (const y of [[5, 5, 5], [0], [-1e9, 1e9], [1e-9, 2e-9]]) {
      expect(lineChartSvg({ series: [{ name: 'a', y }] })).not.toMatch(/NaN|Infinity/)
    }
    const many = Array.from({ length: 12 }, (_, i) => ({
      name: `a long name, number ${i}`,
      y: [i, 1],
    }))
    expect(lineChartSvg({ title: 'T', xLabel: 'x', yLabel: 'y', series: many })).not.toMatch(/NaN/)
  })

  it('refuses what cannot be drawn', () => {
    expect(() => lineChartSvg({ series: [] })).toThrow(/series: no finite value/)
    expect(() => lineChartSvg({ series: [{ name: 'a', x: [1], y: [1, 2] }] })).toThrow(
      /series 'a': 1 x and 2 y/,
    )
  })

  it('gives the same pixels on a machine without fonts', async () => {
    const chart = {
      title: 'Title',
      xLabel: 'epoch',
      yLabel: 'nats',
      series,
      width: 200,
      height: 150,
    }
    const here = await pixelsOf(await lineChart(chart))
    const folder = mkdtempSync(join(tmpdir(), 'winnow-'))
    try {
      const config = join(folder, 'fonts.conf')
      writeFileSync(config, '<fontconfig><dir>/nowhere</dir></fontconfig>')
      writeFileSync(join(folder, 'chart.svg'), lineChartSvg(chart))
      // A process of its own: fontconfig reads its settings once.
      const sharpPath = createRequire(import.meta.url).resolve('sharp')
      const script = `require(${JSON.stringify(sharpPath)})('chart.svg',{density:144}).png().toFile('chart.png')`
      execFileSync(process.execPath, ['-e', script], {
        cwd: folder,
        env: { ...process.env, FONTCONFIG_FILE: config },
      })
      const bare = await pixelsOf(await sharp(join(folder, 'chart.png')).png().toBuffer())
      expect(Buffer.compare(bare.data, here.data)).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('strokeText', () => {
  it('has every printable ASCII character, and a box for the others', () => {
    for (let code = 32; code < 127; code++) expect(hasGlyph(String.fromCharCode(code))).toBe(true)
    expect(hasGlyph('é')).toBe(false)
    expect(strokeText('é', 0, 0)).toContain('M0 0h6v12h-6z')
    expect(strokeText('<&"', 0, 0)).not.toMatch(/[&]|<</)
  })

  it('draws each glyph within its own box', async () => {
    const size = 24
    for (let code = 33; code < 127; code++) {
      const text = String.fromCharCode(code)
      const width = textWidth(text, size)
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80"><rect width="100" height="80" fill="#fff"/>${strokeText(text, 30, 50, { size, colour: '#000' })}</svg>`
      const { data } = await pixelsOf(await sharp(Buffer.from(svg)).png().toBuffer())
      const ink: number[] = []
      for (let i = 0; i < data.length; i += 3) if ((data[i] as number) < 128) ink.push(i / 3)
      const xs = ink.map((i) => i % 100)
      const ys = ink.map((i) => Math.floor(i / 100))
      expect(ink.length, text).toBeGreaterThan(3)
      expect(Math.min(...xs), text).toBeGreaterThanOrEqual(30 - 3)
      expect(Math.max(...xs), text).toBeLessThanOrEqual(30 + width + 3)
      expect(Math.min(...ys), text).toBeGreaterThanOrEqual(50 - size - 4)
      expect(Math.max(...ys), text).toBeLessThanOrEqual(50 + 11)
    }
  })
})

describe('ticks', () => {
  it('are round and reach past both ends', () => {
    expect(niceTicks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10])
    expect(niceTicks(-0.3, 0.72, 4)).toEqual([-0.5, 0, 0.5, 1])
    expect(niceTicks(5, 5, 4).length).toBeGreaterThan(1)
  })

  it('have as many digits as tell them apart', () => {
    expect(tickLabels([0, 0.2, 0.4])).toEqual(['0.0', '0.2', '0.4'])
    expect(tickLabels([-50, 0, 50])).toEqual(['−50', '0', '50'])
    expect(tickLabels([0.01, 0.02])).toEqual(['0.01', '0.02'])
    expect(tickLabels([0, 1e6, 2e6])).toEqual(['0', '1e6', '2e6'])
  })
})
