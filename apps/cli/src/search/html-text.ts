/**
 * What a reader of a web page sees: its title and its text, a line for each block.
 */
import { Parser } from 'htmlparser2'

const unseen = new Set(['script', 'style', 'noscript', 'template', 'svg', 'head'])
const inline = new Set(
  'a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

/** Title and text of HTML, however broken. */
export function htmlText(html: string): { readonly title: string; readonly text: string } {
  const parts: string[] = []
  let title = ''
  let hidden = 0
  let inTitle = false
  const parser = new Parser(
    {
      onopentagname(name) {
        if (name === 'title') inTitle = title === ''
        if (unseen.has(name)) hidden++
        if (!inline.has(name)) parts.push('\n')
      },
      ontext(text) {
        if (inTitle) title += text
        else if (hidden === 0) parts.push(text.replace(/\s+/g, ' '))
      },
      onclosetag(name) {
        if (name === 'title') inTitle = false
        // Open tags that nothing closes are closed by the parser, so that this counts right.
        if (unseen.has(name)) hidden--
        if (!inline.has(name)) parts.push('\n')
      },
    },
    { decodeEntities: true },
  )
  parser.end(html)
  const lines = parts
    .join('')
    .split('\n')
    .map((line) => line.replace(/ +/g, ' ').trim())
  return { title: title.replace(/\s+/g, ' ').trim(), text: lines.filter((line) => line).join('\n') }
}
