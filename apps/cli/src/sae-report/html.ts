/**
 * The page of a sparse autoencoder as one HTML file: data, script and looks inside, nothing fetched from anywhere.
 */
import type { ReportData } from './data.ts'
import { startPage } from './page/start.ts'
import { style } from './page/style.ts'
import { pageTools } from './page/tools.ts'

/** The whole page. It may load nothing: its policy says so to the browser. */
export function reportHtml(data: ReportData): string {
  const tools = Object.entries(pageTools).map(([name, tool]) => `${name}: ${tool}`)
  // Some compilers wrap functions in a helper that keeps their names.
  const script = `const __name = (value) => value
;(${startPage})(document, JSON.parse(document.getElementById('data').textContent), {\n${tools.join(',\n')}\n})`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>${escaped(data.title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1 id="title"></h1>
<dl id="facts"></dl>
</header>
<main>
<nav aria-label="Features">
<div class="tools">
<input id="search" type="search" aria-label="Search by number or text" aria-keyshortcuts="/" placeholder="Search ( / )" autocomplete="off">
<select id="order" aria-label="Order">
<option value="number">by number</option>
<option value="on">most often on</option>
<option value="most">strongest</option>
</select>
</div>
<p id="count" role="status"></p>
<div id="features" role="listbox" tabindex="0" aria-label="Features"><div id="rows" role="presentation"></div></div>
</nav>
<article id="feature" tabindex="0" aria-label="The chosen feature"></article>
</main>
<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>
<script>
${script}
</script>
</body>
</html>
`
}

/** JSON that cannot end the script that it stands in. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
