/**
 * The published systems that Winnow sets out to implement, and how far each is.
 */
import catalogue from './catalogue.json' with { type: 'json' }

/** One row of `winnow systems`. */
export interface SystemRow {
  /** From 1 to 119. */
  readonly number: number
  readonly name: string
  readonly title: string
  /** The package that it belongs to, without the scope. */
  readonly package: string
  readonly status: 'implemented' | 'planned'
  /** Whether part of the formula is ours, since the paper's own could not be read. */
  readonly interpretation: boolean
}

/** Numbers of the systems whose method a package exports: MAE, TopK SAE, WaLLoC, DupMAE. */
const IMPLEMENTED: ReadonlySet<number> = new Set([8, 22, 46, 56])

/** All systems by number. */
export function systems(): readonly SystemRow[] {
  return catalogue.map((row) => ({
    number: row.number,
    name: row.name,
    title: row.title,
    package: row.package,
    status: IMPLEMENTED.has(row.number) ? 'implemented' : 'planned',
    interpretation: row.interpretation,
  }))
}

/** All systems as a page of Markdown: docs/systems.md, a table for each package. */
export function systemsPage(): string {
  const rows = systems()
  const done = rows.filter(({ status }) => status === 'implemented')
  const packages = [...new Set(rows.map((row) => row.package))].sort()
  const parts = packages.map((name) => {
    const lines = rows
      .filter((row) => row.package === name)
      .map(({ number, name: system, title, status, interpretation }) => {
        const mark = interpretation ? ' \\*' : ''
        const what = title.replaceAll('|', '\\|')
        return `| ${String(number).padStart(3, '0')} | ${system}${mark} | ${what} | ${status === 'implemented' ? '**works**' : 'planned'} |`
      })
    return `## ${name}\n\n| | system | published as | state |\n|---|---|---|---|\n${lines.join('\n')}\n`
  })
  return `# Systems

\`npx winnow systems --markdown\` writes this page. ${done.length} of ${rows.length} published systems work so far: ${done.map((row) => row.name).join(', ')}.
The others have a specification and a place. A star says that part of the formula is an interpretation, since the paper's
own could not be read.

${parts.join('\n')}`
}
