/**
 * The text of Markdown: without front matter, marks of headings and emphasis, and where links lead.
 */

/** Title (the first heading) and text of Markdown. */
export function markdownText(markdown: string): { readonly title: string; readonly text: string } {
  const body = markdown.replace(/^---\n[\s\S]*?\n---\n/, '')
  const title = /^#{1,6}[ \t]+(.+?)[ \t]*#*$/m.exec(body)?.[1] ?? ''
  const text = body
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^#{1,6}[ \t]+/gm, '')
    .replace(/!?\[([^\][\n]*)\]\([^()\n]*\)/g, '$1')
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/^(`{3,}|~{3,}).*$/gm, '')
    .trim()
  return { title: title.replace(/[*_`]/g, ''), text }
}
