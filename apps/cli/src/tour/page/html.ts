/**
 * The page of the tour as one HTML file: looks, pictures and curves inside, nothing fetched from anywhere.
 */
import { duration } from '../../progress-bar.ts'
import type { Outcome } from '../tour.ts'
import { sectionHtml } from './section.ts'
import { style } from './style.ts'
import { escaped } from './text.ts'

/** What stands at the head of the page. */
export interface PageHead {
  /** `onnx, cpu (2 threads)`. */
  readonly backend: string
  /** Of everything so far. */
  readonly seconds: number
  /** Kinds that are still to come. */
  readonly waiting: number
}

const WORDS = ['No', 'One', 'Two', 'Three', 'Four', 'Five']

/** The whole page. It may load nothing: its policy says so to the browser. */
export function tourHtml(outcomes: readonly Outcome[], head: PageHead): string {
  const done = outcomes.filter(({ chapter }) => chapter !== undefined).length
  const title = `${WORDS[done] ?? done} ${done === 1 ? 'kind' : 'kinds'} of autoencoder, trained on this machine`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
<p class="soft">By Winnow, on real data that came along with it, in ${duration(head.seconds)} minutes on ${escaped(head.backend)}.
Each model is a small one, and each number stands beside others that it can be judged by.${waitingText(head.waiting)}</p>
<nav aria-label="What was trained">
<table class="kinds">
<thead><tr><th scope="col">kind</th><th scope="col">first number</th><th scope="col">time</th></tr></thead>
<tbody>
${outcomes.map(rowHtml).join('\n')}
</tbody>
</table>
</nav>
</header>
<main>
${outcomes.map(sectionHtml).join('\n')}
</main>
<footer>
<p>One alone, on your own data and for longer: <code>npx winnow train vae --data FOLDER</code>, and in the same way <code>mae</code>,
<code>sae</code>, <code>retrieval</code> and <code>codec</code>. Some of these again: <code>npx winnow tour --only vae,sae --minutes 10</code>.</p>
</footer>
</body>
</html>
`
}

function waitingText(waiting: number): string {
  return waiting === 0 ? '' : ` ${waiting} more to come: load the page again.`
}

function rowHtml({ name, title, chapter, failure }: Outcome): string {
  const [first] = chapter?.numbers ?? []
  const kind = `<th scope="row"><a href="#${name}">${escaped(title)}</a></th>`
  if (chapter === undefined || first === undefined) {
    return `<tr>${kind}<td><span>${escaped(failure ?? '')}</span></td><td></td></tr>`
  }
  const [own, ...others] = first.entries
  const beside = others.map(({ name: whose, text }) => `${whose}: ${text}`).join('; ')
  return (
    `<tr>${kind}<td>${escaped(first.title)}: <b>${escaped(own?.text ?? '')}</b><span>${escaped(beside)}</span></td>` +
    `<td>${chapter.seconds.toFixed(0)} s</td></tr>`
  )
}
