import { describe, expect, it } from 'vitest'
import { reportHtml } from './html.ts'
import { madeUpReport } from './testing/made-up-report.ts'

const dataOf = (html: string): unknown => {
  const json = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html)?.[1]
  return JSON.parse(json as string)
}

describe('the page', () => {
  it('holds its data, whatever the texts say', () => {
    const data = madeUpReport(30)
    const hostile = {
      ...data,
      title: '</title><script>alert(1)</script>',
      vocabulary: ['</script><img src=x>', '<!--<script>', '\u2028', ...data.vocabulary.slice(3)],
    }
    const html = reportHtml(hostile)
    expect(dataOf(html)).toEqual(hostile)
    expect(html.match(/<\/script/g)).toHaveLength(2)
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html).toContain('<title>&lt;/title>&lt;script>alert(1)&lt;/script></title>')
  })

  it('fetches nothing, and tells the browser so', () => {
    const html = reportHtml(madeUpReport(30))
    expect(html).not.toMatch(/https?:|\bsrc=|\bhref=|@import|url\(|fetch\(|import\(|innerHTML/)
    expect(html).toContain("default-src 'none'")
  })

  it('is small enough with 4,096 features', () => {
    const size = new TextEncoder().encode(reportHtml(madeUpReport(4096))).length
    expect(size).toBeLessThan(6 * 2 ** 20)
  })
})
