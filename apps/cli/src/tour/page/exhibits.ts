/**
 * What a chapter shows besides numbers: rows of images, shaded texts, searches.
 */
import type { Exhibit, Picture, Searches, ShadedTexts, ShadedToken } from '../chapter.ts'
import { escaped } from './text.ts'

export function exhibitHtml(exhibit: Exhibit): string {
  const { title, caption } = exhibit
  return `<figure class="exhibit">
<figcaption><b>${escaped(title)}</b> ${escaped(caption)}</figcaption>
${bodyOf(exhibit)}
</figure>`
}

function bodyOf(exhibit: Exhibit): string {
  switch (exhibit.kind) {
    case 'picture':
      return picture(exhibit)
    case 'shaded':
      return shaded(exhibit)
    case 'searches':
      return searches(exhibit)
  }
}

function picture({ title, rows }: Picture): string {
  return rows
    .map(({ label, url, width, height }) => {
      const alt = label === undefined ? title : `${title}: ${label}`
      const name = label === undefined ? '' : `<span>${escaped(label)}</span>`
      return `<div class="strip">${name}<img src="${url}" width="${width}" height="${height}" alt="${escaped(alt)}"></div>`
    })
    .join('\n')
}

function shaded({ groups }: ShadedTexts): string {
  return groups
    .map(
      ({ label, lines }) =>
        `<div class="feature"><h4>${escaped(label)}</h4>\n${lines
          .map((line) => `<p>… ${line.map(token).join('')} …</p>`)
          .join('\n')}</div>`,
    )
    .join('\n')
}

function token({ text, level }: ShadedToken): string {
  if (level <= 0) return escaped(text)
  return `<mark style="--level: ${level.toFixed(2)}">${escaped(text)}</mark>`
}

function searches({ queries }: Searches): string {
  return `<ol class="searches">${queries
    .map(({ query, rank, hits }) => {
      const place =
        rank === undefined ? 'the right one is not among the first 100' : `right at place ${rank}`
      return `<li><p><q>${escaped(query)}</q> <span>${place}</span></p>
<ol>${hits
        .map(
          ({ text, right }) =>
            `<li${right ? ' class="right"' : ''}>${escaped(text)}${right ? ' <b>✓ right</b>' : ''}</li>`,
        )
        .join('\n')}</ol></li>`
    })
    .join('\n')}</ol>`
}
