import '@tensorflow/tfjs-backend-cpu'
import { ones, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { expectNoLeak } from './no-leak.ts'

test('work that disposes of its tensors passes, and its result comes back', async () => {
  expect(await expectNoLeak(() => tidy(() => ones([4]).size))).toBe(4)
  expect(await expectNoLeak(async () => 'done')).toBe('done')
})

test('a tensor left behind is an error, also after an await', async () => {
  const kept: Tensor[] = []
  const leak = async (): Promise<void> => {
    await Promise.resolve()
    kept.push(ones([2]), ones([3]))
  }
  await expect(expectNoLeak(leak)).rejects.toThrow('2 tensors were left behind')
  for (const tensor of kept) tensor.dispose()
})

test("disposing of the caller's tensor is an error", async () => {
  const mine = ones([2])
  await expect(expectNoLeak(() => mine.dispose())).rejects.toThrow('1 tensors of the caller')
})

test('what is kept once may be made during warm-up', async () => {
  let cache: Tensor | undefined
  const work = (): void => {
    cache ??= ones([2])
  }
  await expectNoLeak(work, { warmUp: 1 })
  cache?.dispose()
  cache = undefined
  await expect(expectNoLeak(work)).rejects.toThrow('1 tensors were left behind')
  ;(cache as Tensor | undefined)?.dispose()
})
