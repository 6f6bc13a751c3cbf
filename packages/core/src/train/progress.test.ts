import { describe, expect, it } from 'vitest'
import { RateMeter } from './progress.ts'

describe('RateMeter', () => {
  it('measures over the last few seconds', () => {
    let time = 100
    const meter = new RateMeter(() => time)
    expect(meter.rate).toBe(0)
    for (let i = 0; i < 20; i++) {
      time += 1
      meter.add(10)
    }
    expect(meter.rate).toBeCloseTo(10, 6)
    for (let i = 0; i < 20; i++) {
      time += 1
      meter.add(50)
    }
    expect(meter.rate).toBeCloseTo(50, 6)
    expect(meter.elapsed).toBe(40)
  })
})
