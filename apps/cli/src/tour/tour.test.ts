import { WinnowError } from '@winnow/core'
import { expect, it } from 'vitest'
import { Interrupted, type Stage } from './stage.ts'
import { madeUpOutcomes } from './testing/made-up-outcomes.ts'
import { chosenStops, type Outcome, type Stop, tour } from './tour.ts'

const [{ chapter }] = madeUpOutcomes as [Outcome]
if (chapter === undefined) throw new Error('the first made-up outcome has a chapter')
const stop = (name: string, tell: Stop['tell']): Stop => ({ name, title: name, tell })

/** A walk with a clock that only stops move. */
async function walk(stops: readonly Stop[], signal = new AbortController().signal) {
  const said: string[] = []
  const seen: number[] = []
  const stream = { write: (text: string) => said.push(text) }
  const outcomes = await tour(stops, {
    seconds: 90,
    ...{ signal, stream, now: () => clock },
    onOutcome: async ({ length }) => void seen.push(length),
  })
  return { outcomes, seen, text: said.join('') }
}
let clock = 0

it('goes on after a kind that fails, and says why', async () => {
  const { outcomes, seen, text } = await walk([
    stop('told', async () => {
      throw new WinnowError('data: nothing there')
    }),
    stop('bug', async () => {
      throw new TypeError('undefined is not a function')
    }),
    stop('good', async () => chapter),
  ])
  expect(outcomes.map(({ failure }) => failure)).toEqual([
    'data: nothing there',
    'This is a mistake in Winnow, please report it: undefined is not a function',
    undefined,
  ])
  expect(outcomes[2]?.chapter).toBe(chapter)
  expect(seen).toEqual([1, 2, 3])
  expect(text).toContain('2/3 bug')
  expect(text).toContain('Error of what is rebuilt. ours: 0.2500; a baseline')
})

it('hands what one leaves over to those after it', async () => {
  const shares: number[] = []
  const taking = (seconds: number) =>
    stop(String(seconds), async (stage: Stage) => {
      shares.push(stage.seconds)
      clock += seconds
      return chapter
    })
  await walk([taking(10), taking(60), taking(5)])
  expect(shares).toEqual([30, 40, 20])
})

it('keeps what is done when it is interrupted', async () => {
  const controller = new AbortController()
  const { outcomes, seen } = await walk(
    [
      stop('done', async () => chapter),
      stop('at work', async () => {
        controller.abort()
        throw new Interrupted('interrupted')
      }),
      stop('later', async () => chapter),
    ],
    controller.signal,
  )
  expect(outcomes.map(({ failure }) => failure)).toEqual([
    undefined,
    'Interrupted before anything was learnt.',
    'Not reached: the tour was interrupted.',
  ])
  expect(seen).toEqual([1, 2, 3])
})

it('visits the kinds that are named, in the order of the page', () => {
  expect(chosenStops(undefined)).toHaveLength(5)
  expect(chosenStops('retrieval, VAE').map(({ name }) => name)).toEqual(['vae', 'retrieval'])
  expect(() => chosenStops('vea')).toThrow("Did you mean 'vae'?")
})
