import { afterAll, beforeAll, expect, it } from 'vitest'
import { userEvent } from 'vitest/browser'
import { reportHtml } from './html.ts'
import { madeUpReport } from './testing/made-up-report.ts'

const FEATURES = 4096
const data = madeUpReport(FEATURES)
const html = reportHtml(data)
let frame: HTMLIFrameElement
let page: Document
/** Opens the page in a frame. */
const open = async (): Promise<HTMLIFrameElement> => {
  const made = document.createElement('iframe')
  made.style.cssText = 'width: 1000px; height: 700px; border: 0'
  const loaded = new Promise((resolve) => made.addEventListener('load', resolve))
  made.srcdoc = html
  document.body.append(made)
  await loaded
  return made
}
beforeAll(async () => {
  frame = await open()
  page = frame.contentDocument as Document
})
afterAll(() => frame.remove())

const byId = (id: string): HTMLElement => page.getElementById(id) as HTMLElement
const chosen = (): string => page.querySelector('#feature h2')?.textContent ?? ''
const selected = (): string | undefined =>
  page.querySelector('.row[aria-selected=true] b')?.textContent ?? undefined

it('opens in under a second', async () => {
  const seconds: number[] = []
  // The best of three: other work on the machine is none of the page's.
  for (let i = 0; i < 3; i++) {
    const start = performance.now()
    const opened = await open()
    expect(opened.contentDocument?.querySelectorAll('.example')).toHaveLength(8)
    seconds.push((performance.now() - start) / 1000)
    opened.remove()
  }
  expect(Math.min(...seconds)).toBeLessThan(1)
})

it('shows the first of 4,096 features, with the rows in sight alone', () => {
  expect(byId('title').textContent).toBe('Features of <b>made-up</b> texts')
  expect(byId('count').textContent).toBe('4096 of 4096 features')
  const rows = page.querySelectorAll('.row').length
  expect(rows).toBeGreaterThan(10)
  expect(rows).toBeLessThan(60)
  expect([chosen(), selected()]).toEqual(['Feature 0', '#0'])
  const examples = page.querySelectorAll('.example')
  expect(examples).toHaveLength(8)
  const { start, levels } = data.features[0]?.examples[0] ?? { start: 0, levels: '' }
  const text = [...levels].map((_, i) => ` t${data.stream[start + i]}`).join('')
  expect(examples[0]?.textContent).toBe(text)
  const shades = [...(examples[0]?.children ?? [])].map(
    (token) => getComputedStyle(token).backgroundColor,
  )
  expect(shades[20]).toBe('rgba(230, 120, 0, 0.6)')
  expect(new Set(shades).size).toBeGreaterThan(3)
  expect(page.querySelectorAll('.bars i')).toHaveLength(20)
  expect(page.querySelectorAll('.parts button')).toHaveLength(8)
  expect(page.querySelectorAll('.parts li')).toHaveLength(28)
})

it('moves by keyboard, searches, and comes back', async () => {
  byId('features').focus()
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}')
  expect([chosen(), selected()]).toEqual(['Feature 3', '#3'])
  expect(byId('feature').textContent).toContain('Never on for these tokens.')
  await userEvent.keyboard('{End}')
  expect([chosen(), selected()]).toEqual([`Feature ${FEATURES - 1}`, `#${FEATURES - 1}`])
  expect(byId('features').getAttribute('aria-activedescendant')).toBe(`row-${FEATURES - 1}`)
  expect(byId('features').scrollTop).toBeGreaterThan(100_000)
  await userEvent.keyboard('{Home}{ArrowUp}')
  expect(chosen()).toBe('Feature 0')

  await userEvent.keyboard('/')
  expect(page.activeElement).toBe(byId('search'))
  await userEvent.keyboard('nEEdle')
  expect((byId('search') as HTMLInputElement).value).toBe('nEEdle')
  expect(byId('count').textContent).toBe('1 of 4096 features')
  expect(chosen()).toBe(`Feature ${FEATURES - 1}`)
  await userEvent.keyboard('{Escape}')
  expect((byId('search') as HTMLInputElement).value).toBe('')
  expect(page.activeElement).toBe(byId('features'))
  expect([chosen(), selected()]).toEqual([`Feature ${FEATURES - 1}`, `#${FEATURES - 1}`])

  await userEvent.keyboard('/#77{Enter}')
  expect(page.activeElement).toBe(byId('features'))
  expect(chosen()).toBe('Feature 77')
  // A neighbour that the search does not show.
  page.querySelector<HTMLElement>('.parts button')?.click()
  expect([chosen(), selected()]).toEqual(['Feature 78', '#78'])
  await userEvent.keyboard('/zzzz')
  expect(byId('feature').textContent).toBe('No feature has this.')
  expect(page.querySelectorAll('.row')).toHaveLength(0)
  await userEvent.keyboard('{Escape}')
  expect(byId('count').textContent).toBe('4096 of 4096 features')
})

it('stands in one column on a phone, without scrolling sideways', () => {
  frame.style.width = '360px'
  const list = byId('features').getBoundingClientRect()
  const feature = byId('feature').getBoundingClientRect()
  expect(feature.top).toBeGreaterThanOrEqual(list.bottom)
  expect(page.documentElement.scrollWidth).toBeLessThanOrEqual(360)
})
