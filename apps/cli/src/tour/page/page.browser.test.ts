import { afterEach, expect, it } from 'vitest'
import { madeUpOutcomes } from '../testing/made-up-outcomes.ts'
import { tourHtml } from './html.ts'

const html = tourHtml(madeUpOutcomes, { backend: 'cpu, plain JavaScript', seconds: 97, waiting: 2 })
let frame: HTMLIFrameElement
afterEach(() => frame.remove())

/** Opens the page in a frame so wide. */
async function open(width: number): Promise<Document> {
  frame = document.createElement('iframe')
  frame.style.cssText = `width: ${width}px; height: 800px; border: 0`
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
  frame.srcdoc = html
  document.body.append(frame)
  await loaded
  return frame.contentDocument as Document
}

it.each([320, 390, 1280])('does not scroll sideways at %i pixels', async (width) => {
  const page = await open(width)
  for (const details of page.querySelectorAll('details')) details.open = true
  expect(page.documentElement.scrollWidth).toBeLessThanOrEqual(width)
  // Code scrolls by itself, and by keyboard too.
  const code = page.querySelector('pre') as HTMLElement
  expect(code.scrollWidth).toBeGreaterThan(code.clientWidth)
  expect(code.tabIndex).toBe(0)
})

it('loads nothing, and shows its pictures all the same', async () => {
  const page = await open(800)
  const frameWindow = frame.contentWindow as Window
  const fetched = frameWindow.performance
    .getEntriesByType('resource')
    .filter(({ name }) => !name.startsWith('data:'))
  expect(fetched).toEqual([])
  const images = [...page.querySelectorAll('img')]
  expect(images).toHaveLength(2)
  for (const image of images) {
    await image.decode()
    expect(image.naturalWidth).toBe(1)
    expect(image.alt).toMatch(/^Rebuilt/)
  }
  expect(page.querySelectorAll('script, link, iframe')).toHaveLength(0)
})

it('says at its head what was trained, and what failed', async () => {
  const page = await open(800)
  expect(page.title).toBe('Two kinds of autoencoder, trained on this machine')
  expect([...page.querySelectorAll('h1, h2')].map(({ textContent }) => textContent)).toEqual([
    page.title,
    'Made-up <autoencoder>',
    'Another',
    'Failed',
  ])
  const rows = [...page.querySelectorAll('.kinds tbody tr')].map(({ textContent }) => textContent)
  expect(rows[0]).toContain('Error of what is rebuilt: 0.2500')
  expect(rows[0]).toContain('a baseline with quite a long name: 1.0000')
  expect(rows[0]).toContain('62 s')
  expect(rows[2]).toContain('data: <wordnet> is not installed')
  for (const link of page.querySelectorAll<HTMLAnchorElement>('.kinds a')) {
    expect(page.getElementById(link.hash.slice(1))?.tagName).toBe('SECTION')
  }
  expect(page.querySelector('header')?.textContent).toContain('2 more to come')
})

it('draws bars in proportion, shades what is on, and marks what is right', async () => {
  const page = await open(800)
  const widths = [...page.querySelectorAll<HTMLElement>('#vae .bar i')].map(
    ({ style }) => style.width,
  )
  expect(widths).toEqual(['25%', '100%', '0%', '0%'])
  const marks = [...page.querySelectorAll('#vae mark')].map(
    (mark) => getComputedStyle(mark).backgroundColor,
  )
  expect(marks).toHaveLength(2)
  expect(new Set(marks).size).toBe(2)
  expect(page.querySelectorAll('#vae .right')).toHaveLength(1)
  const chart = page.querySelector('#vae svg')
  expect(chart?.getAttribute('aria-label')).toContain(
    'Training, nats, over 591 updates. loss: 100 to 0.169',
  )
  expect(chart?.querySelectorAll('.line')).toHaveLength(3)
})
