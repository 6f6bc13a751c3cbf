import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { runWarnings } from './warnings.ts'

const run = (count: number, metrics: (step: number) => Record<string, number>) => {
  const steps = Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    epoch: 1,
    metrics: metrics(i + 1),
  }))
  return runWarnings(steps, { epoch: 1, steps: count, seconds: 1, training: {} })
}

describe('warnings of a run', () => {
  it('name an explosion of the gradients, with step and size', () => {
    const warnings = run(100, (step) => ({
      loss: 10 / step,
      gradientNorm: step === 80 ? 900 : 2 + (step % 3),
    }))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^exploding gradients: gradientNorm is 900 at step 80, 300 times/)
    expect(run(100, (step) => ({ loss: 10 / step, gradientNorm: 2 + step }))).toEqual([])
  })

  it('name a loss that never moves, of every phase, and leave a converged one alone', () => {
    const noise = (step: number) => 1e-4 * Math.sin(step)
    const warnings = run(60, (step) => ({ 'critic.loss': 3 + noise(step), 'actor.loss': 1 / step }))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^the loss does not move: critic\.loss is 3\.000/)
    expect(run(60, (step) => ({ loss: step < 20 ? 5 : 1 }))).toEqual([])
    expect(run(20, () => ({ loss: 3 }))).toEqual([])
  })

  it('tell a loss that does not move from one that moves less than its batches differ', () => {
    const noise = new Rng(3).normalValues(20_000)
    const loss = (deviation: number, change: (step: number) => number) => (step: number) => ({
      loss: 5 + change(step) + deviation * (noise[step] as number),
    })
    // Known to stand still, where there are steps enough to tell.
    expect(
      run(
        2000,
        loss(0.5, () => 0),
      ),
    ).toHaveLength(1)
    expect(
      run(
        100,
        loss(0.5, () => 0),
      ),
    ).toEqual([])
    // A fall in the first steps, a slow one, and one before a long rest.
    expect(
      run(
        2000,
        loss(0.5, (step) => 4 * 0.7 ** step),
      ),
    ).toEqual([])
    expect(
      run(
        2000,
        loss(0.5, (step) => -step / 4000),
      ),
    ).toEqual([])
    expect(
      run(
        20_000,
        loss(0.05, (step) => (step < 20 ? 2 : 0)),
      ),
    ).toEqual([])
  })
})
