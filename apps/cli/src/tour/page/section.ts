/**
 * One kind of model on the page.
 */
import type { Chapter, Measure } from '../chapter.ts'
import type { Outcome } from '../tour.ts'
import { curveSvg } from './curve.ts'
import { exhibitHtml } from './exhibits.ts'
import { escaped } from './text.ts'

/** A section with its heading, whether there is a chapter or not. */
export function sectionHtml({ name, title, chapter, failure }: Outcome): string {
  const body =
    chapter === undefined ? `<p class="note">${escaped(failure ?? '')}</p>` : told(chapter)
  return `<section id="${name}" aria-labelledby="${name}-title">
<h2 id="${name}-title">${escaped(title)}</h2>
${body}
</section>`
}

function told({ lead, facts, numbers, pictures, curves, code, seconds, note }: Chapter): string {
  const all = [...facts, ['in all', `${seconds.toFixed(0)} s, with data and measures`]] as const
  return `<p class="lead">${escaped(lead)}</p>
${note === undefined ? '' : `<p class="note">${escaped(note)}</p>`}
<dl class="facts">${all
    .map(([what, value]) => `<div><dt>${escaped(what)}</dt><dd>${escaped(value)}</dd></div>`)
    .join('')}</dl>
<div class="numbers">
${numbers.map(measureHtml).join('\n')}
</div>
${pictures.map(exhibitHtml).join('\n')}
<div class="curves">
${curves.map(curveSvg).join('\n')}
</div>
<details>
<summary>The lines that did it</summary>
<pre tabindex="0"><code>${escaped(code)}</code></pre>
</details>`
}

function measureHtml({ title, note, entries }: Measure): string {
  const most = Math.max(...entries.map(({ value }) => (Number.isFinite(value) ? value : 0)), 1e-12)
  const rows = entries.map(({ name, value, text, ours }) => {
    const share = Number.isFinite(value) ? Math.max(0, value / most) : 0
    return (
      `<tr${ours ? ' class="ours"' : ''}><th scope="row">${escaped(name)}</th><td>${escaped(text)}</td>` +
      `<td class="bar" aria-hidden="true"><i style="width: ${(100 * share).toFixed(1)}%"></i></td></tr>`
    )
  })
  return `<table class="measure">
<caption><b>${escaped(title)}</b> ${escaped(note)}</caption>
<tbody>
${rows.join('\n')}
</tbody>
</table>`
}
