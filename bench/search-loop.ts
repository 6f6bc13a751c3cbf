/** A rival in the bench `search`: what one writes without a library, a loop over typed arrays that keeps the best. */

import { denseVectors, sparseVectors, turns } from './search.ts'
import { serve, type Workload } from './serve.ts'

const K = 10

/** The best `K` of `count` scores. */
function best(count: number, scoreOf: (row: number) => number): Float64Array {
  const scores = new Float64Array(K).fill(Number.NEGATIVE_INFINITY)
  for (let row = 0; row < count; row++) {
    const score = scoreOf(row)
    if (score <= (scores[K - 1] as number)) continue
    let at = K - 1
    for (; at > 0 && (scores[at - 1] as number) < score; at--) scores[at] = scores[at - 1] as number
    scores[at] = score
  }
  return scores
}

function build(): Workload {
  const { documents, queries } = denseVectors()
  const [width, count] = [(documents[0] as Float32Array).length, documents.length]
  const all = new Float32Array(count * width)
  for (const [row, vector] of documents.entries()) all.set(vector, row * width)
  const dense = turns(queries, (query) =>
    best(count, (row) => {
      let sum = 0
      for (let i = 0, at = row * width; i < width; i++, at++) {
        sum += (query[i] as number) * (all[at] as number)
      }
      return sum
    }),
  )
  const { documents: words, queries: questions } = sparseVectors()
  const weights = new Float32Array(2 ** 15)
  const sparse = turns(questions, (question) => {
    weights.fill(0)
    for (let i = 0; i < question.indices.length; i++) {
      weights[question.indices[i] as number] = question.values[i] as number
    }
    return best(count, (row) => {
      const { indices, values } = words[row] as { indices: Int32Array; values: Float32Array }
      let sum = 0
      for (let i = 0; i < indices.length; i++) {
        sum += (values[i] as number) * (weights[indices[i] as number] as number)
      }
      return sum
    })
  })
  const cases = new Map([
    ['exact', dense],
    ['hnsw-0.95', dense],
    ['hnsw-0.99', dense],
    ['sparse', sparse],
  ])
  return { label: 'loop over typed arrays', cases }
}

const [bench = ''] = process.argv.slice(2)
await serve(async () => {
  if (bench !== 'search') throw new Error('takes part in search alone')
  return build()
})
