/**
 * A tiny search in the layout of BEIR: animals and what they do.
 */
import { writeBeir } from '@winnow/retrieval'

const animals = 'cat dog hen cow fox owl bee ant elk emu'.split(' ')
const doings = 'sleeps eats runs hides sings'.split(' ')

/** A folder of 50 documents and as many queries; every fifth query is of the test, the next of `dev`. */
export async function putSearch(folder: string): Promise<string> {
  const all = animals.flatMap((animal, a) =>
    doings.map((doing, d) => ({
      id: `${a}-${d}`,
      text: `In the old barn the ${animal} ${doing} all day long, and so does every ${animal}.`,
      query: `what ${doing} like the ${animal}`,
    })),
  )
  const part = (rest: readonly number[]): ReadonlyMap<string, ReadonlyMap<string, number>> =>
    new Map(
      all
        .filter((_, i) => rest.includes(i % 5))
        .map(({ id }) => [`q${id}`, new Map([[id, 1]])] as const),
    )
  await writeBeir(folder, {
    corpus: all.map(({ id, text }) => ({ id, text })),
    queries: all.map(({ id, query }) => ({ id: `q${id}`, text: query })),
    qrels: { train: part([2, 3, 4]), dev: part([1]), test: part([0]) },
  })
  return folder
}
