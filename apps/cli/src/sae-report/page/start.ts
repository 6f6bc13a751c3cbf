/**
 * The page's elements: a list of features of which only the visible rows exist, and the chosen one beside it. It goes into
 * the page as its own source text, so that it may use nothing but its arguments, the language and the document.
 */
import type { ReportData, ReportFeature } from '../data.ts'
import type { PageTools } from './tools.ts'

/** Fills the document; text comes from the data as text, never as HTML. */
export function startPage(document: Document, data: ReportData, tools: PageTools): void {
  const ROW = 36
  const { features, vocabulary, stream } = data
  const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E
  const list = byId('features')
  const rows = byId('rows')
  const search = byId<HTMLInputElement>('search')
  const order = byId<HTMLSelectElement>('order')
  const feature = byId('feature')
  let texts: ReturnType<PageTools['searchTexts']> | undefined
  let found: number[] = features.map((_, i) => i)
  let row = 0

  function make(name: string, text = '', className = ''): HTMLElement {
    const made = document.createElement(name)
    if (text !== '') made.textContent = text
    if (className !== '') made.className = className
    return made
  }
  function under(parent: HTMLElement, ...children: readonly HTMLElement[]): HTMLElement {
    parent.append(...children)
    return parent
  }
  function textOf(token: number | undefined): string {
    return tools.shown(vocabulary[token ?? -1] ?? '')
  }
  function share(on: number): string {
    return `${((100 * on) / Math.max(1, stream.length - 1)).toPrecision(2)} %`
  }

  function drawList(): void {
    rows.style.height = `${found.length * ROW}px`
    const place = { top: list.scrollTop, height: list.clientHeight }
    const { first, end } = tools.visibleRows(place, ROW, found.length)
    const drawn: HTMLElement[] = []
    for (let i = first; i < end; i++) {
      const number = found[i] as number
      const { on, examples } = features[number] as ReportFeature
      const option = make('div', '', 'row')
      option.id = `row-${number}`
      option.setAttribute('role', 'option')
      option.setAttribute('aria-selected', String(i === row))
      option.setAttribute('aria-posinset', String(i + 1))
      option.setAttribute('aria-setsize', String(found.length))
      option.style.top = `${i * ROW}px`
      const peak = examples[0] === undefined ? '' : textOf(stream[examples[0].peak])
      const density = on === 0 ? 'never on' : share(on)
      under(option, make('b', `#${number}`), make('code', peak), make('span', density))
      option.addEventListener('click', () => choose(i))
      drawn.push(option)
    }
    rows.replaceChildren(...drawn)
    const chosen = found[row]
    if (chosen === undefined) list.removeAttribute('aria-activedescendant')
    else list.setAttribute('aria-activedescendant', `row-${chosen}`)
    byId('count').textContent = `${found.length} of ${features.length} features`
  }

  function choose(next: number): void {
    row = next
    const top = row * ROW
    if (top < list.scrollTop) list.scrollTop = top
    else if (top + ROW > list.scrollTop + list.clientHeight) {
      list.scrollTop = top + ROW - list.clientHeight
    }
    drawList()
    drawFeature()
  }

  /** Shows a feature by number, wherever it stands. */
  function go(number: number): void {
    if (!found.includes(number)) {
      search.value = ''
      find()
    }
    choose(found.indexOf(number))
    list.focus()
  }

  function find(): void {
    texts ??= tools.searchTexts(data)
    found = tools.ordered(tools.searchFeatures(texts, search.value), features, order.value)
    list.scrollTop = 0
    choose(0)
  }

  function pairs(title: string, of: ReportFeature['up']): HTMLElement {
    const items = of.map(([token, effect]) => {
      const value = `${effect > 0 ? '+' : ''}${effect.toFixed(2)}`
      return under(make('li'), make('code', textOf(token)), make('span', value))
    })
    return under(make('section'), make('h3', title), under(make('ol'), ...items))
  }

  function neighbours({ near }: ReportFeature): HTMLElement {
    const items = near.map(([number, cosine]) => {
      const button = make('button', `#${number}`)
      button.addEventListener('click', () => go(number))
      return under(make('li'), button, make('span', cosine.toFixed(2)))
    })
    return under(make('section'), make('h3', 'Nearest directions'), under(make('ol'), ...items))
  }

  function histogram({ bins, most }: ReportFeature): HTMLElement {
    const bars = make('div', '', 'bars')
    bars.setAttribute('role', 'img')
    bars.setAttribute('aria-label', `Histogram of its values: ${bins.join(', ')}`)
    for (const [i, height] of tools.barHeights(bins).entries()) {
      const bar = make('i')
      bar.style.height = `${100 * height}%`
      bar.title = `${bins[i]}`
      bars.append(bar)
    }
    const ends = under(make('p', '', 'ends'), make('span', '0'), make('span', most.toPrecision(3)))
    return under(make('section'), make('h3', 'Values where it is on, log scale'), bars, ends)
  }

  function examples({ examples: all, most }: ReportFeature): HTMLElement {
    const items = all.map(({ start, peak, levels }) => {
      const line = make('li', '', 'example')
      for (const [i, letter] of [...levels].entries()) {
        const level = tools.strength(letter)
        const token = make('span', textOf(stream[start + i]), start + i === peak ? 'peak' : '')
        token.style.setProperty('--level', level.toFixed(2))
        token.title = (level * most).toPrecision(2)
        line.append(token)
      }
      return line
    })
    return under(make('section'), make('h3', 'Strongest examples'), under(make('ol'), ...items))
  }

  function drawFeature(): void {
    const number = found[row]
    if (number === undefined) {
      feature.replaceChildren(make('p', 'No feature has this.'))
      return
    }
    const shown = features[number] as ReportFeature
    const line =
      shown.on === 0
        ? 'Never on for these tokens.'
        : `On for ${shown.on} tokens (${share(shown.on)}), at most ${shown.most.toPrecision(3)}.`
    const parts = under(
      make('div', '', 'parts'),
      pairs('Logits raised', shown.up),
      pairs('Logits lowered', shown.down),
      neighbours(shown),
      histogram(shown),
    )
    feature.replaceChildren(
      make('h2', `Feature ${number}`),
      make('p', line),
      examples(shown),
      parts,
    )
    feature.scrollTop = 0
  }

  function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement
    const typing = target === search || target === order
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '/' && !typing) {
      event.preventDefault()
      search.focus()
      search.select()
    } else if (event.key === 'Escape') {
      if (search.value !== '') {
        const number = found[row]
        search.value = ''
        find()
        if (number !== undefined) choose(found.indexOf(number))
      }
      list.focus()
    } else if (target === search && (event.key === 'Enter' || event.key === 'ArrowDown')) {
      event.preventDefault()
      list.focus()
    } else if (target === list || target === document.body) {
      const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1)
      const next = tools.rowAfterKey(event.key, row, found.length, page)
      if (next === undefined) return
      event.preventDefault()
      choose(next)
    }
  }

  byId('title').textContent = data.title
  const facts = data.facts.map(([name, value]) =>
    under(make('div'), make('dt', name), make('dd', value)),
  )
  byId('facts').replaceChildren(...facts)
  list.addEventListener('scroll', drawList)
  search.addEventListener('input', find)
  order.addEventListener('change', find)
  document.addEventListener('keydown', onKey)
  document.defaultView?.addEventListener('resize', drawList)
  choose(0)
}
