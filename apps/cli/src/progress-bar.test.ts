import type { EpochRecord, Progress } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { duration, epochLine, number, progressBar, progressLines } from './progress-bar.ts'

const metrics = ['loss', 'reconstruction', 'kl']
const values = { kl: 20, loss: 120.456, gradientNorm: 3, reconstruction: 100.456 }
const at = (step: number, more: Partial<Progress> = {}): Progress => ({
  epoch: 1,
  epochs: 5,
  step,
  steps: 2000,
  metrics: values,
  rate: 1234.4,
  secondsElapsed: 10,
  secondsLeft: 75.2,
  ...more,
})
const epoch: EpochRecord = {
  epoch: 2,
  steps: 400,
  seconds: 65.4,
  training: values,
  validation: { loss: 130.1, reconstruction: 105, kl: 25.1 },
}
const lines = (columns: number, step = 500) =>
  progressLines(at(step), { metrics, items: 'images', columns })

/** A terminal that remembers its lines as a person sees them. */
function screen(columns?: number) {
  const rows = ['']
  let row = 0
  let writes = 0
  const write = (text: string): void => {
    writes++
    const readable = text.replaceAll('\u001b', '␛')
    for (const part of readable.match(/␛\[\d+[AJ]|[\r\n]|[^␛\r\n]+/g) ?? []) {
      if (part === '\n') {
        if (++row === rows.length) rows.push('')
      } else if (part === '␛[0J') {
        rows.length = row + 1
        rows[row] = ''
      } else if (part.startsWith('␛')) row -= Number.parseInt(part.slice(2), 10)
      else if (part !== '\r') rows[row] += part
    }
  }
  const stream = { isTTY: true, write, ...(columns === undefined ? {} : { columns }) }
  return { stream, rows, writes: () => writes }
}

describe('progressLines', () => {
  it('shows epoch, step, loss terms, rate and time left beside the bar', () => {
    expect(lines(200)).toEqual([
      `${'█'.repeat(6)}${'░'.repeat(18)}  25%  epoch 1/5  step 500/2,000  ` +
        'loss 120.46  reconstruction 100.46  kl 20.00  1,234 images/s  1:15 left',
    ])
  })

  it('goes to two lines on a narrow terminal, then shrinks the bar; never a full line', () => {
    for (let columns = 30; columns < 160; columns++) {
      for (const line of lines(columns)) expect(line.length).toBeLessThan(columns)
    }
    const [first = '', second] = lines(80)
    expect(first).toMatch(/^█+░+ {2}25% .*1,234 images\/s {2}1:15 left$/)
    expect(second).toBe('loss 120.46  reconstruction 100.46  kl 20.00')
    // Without room for a bar, what is left of it: the percentage, speed and time.
    expect(lines(40)[0]).toBe(' 25%  1,234 images/s  1:15 left')
  })

  it('says nothing of what is not known', () => {
    const progress = at(7, { steps: undefined, secondsLeft: undefined, metrics: {} })
    expect(progressLines(progress, { metrics, items: 'rows' })).toEqual([
      'epoch 1/5  step 7  1,234 rows/s',
    ])
  })

  it('is full at the last step alone', () => {
    expect(lines(200, 1999)[0]).toContain('░  99%')
    expect(lines(200, 2000)[0]).toContain('█ 100%')
  })
})

describe('epochLine', () => {
  it('shows the means, and how the validation data fare', () => {
    expect(epochLine(epoch, 5, metrics)).toBe(
      'epoch 2/5  1:05  loss 120.46  reconstruction 100.46  kl 20.00  validation 130.10',
    )
    const { validation: _, ...bare } = epoch
    expect(epochLine(bare, 5, ['loss'])).toBe('epoch 2/5  1:05  loss 120.46')
  })
})

describe('progressBar', () => {
  const run = (stream: ReturnType<typeof screen>['stream'], milliseconds: number) => {
    let time = 0
    const bar = progressBar({ metrics, items: 'images', stream, now: () => time })
    for (let step = 1; step <= 2000; step++) {
      bar.onStep?.(at(step))
      time += milliseconds
    }
    return bar
  }

  it('draws in place on a terminal, ten times a second at most', async () => {
    for (const columns of [200, 70]) {
      const { stream, rows, writes } = screen(columns)
      const bar = run(stream, 10)
      expect(rows).toHaveLength(columns === 200 ? 1 : 2)
      expect(rows[0]).toContain('100%')
      // 20 s at 10 a second, each a clearing and a drawing, and the last step.
      expect(writes()).toBe(2 * 201 - 1)
      await bar.onEpoch?.(epoch, at(2000))
      await bar.onWarning?.('collapsed', epoch)
      expect(rows).toEqual([epochLine(epoch, 5, metrics), 'warning, epoch 2: collapsed', ''])
    }
  })

  it('leaves the bar and begins a line at its end, once', () => {
    const { stream, rows } = screen(70)
    const bar = run(stream, 10)
    bar.end()
    bar.end()
    stream.write('winnow: loss is NaN')
    expect(rows).toHaveLength(3)
    expect(rows[2]).toBe('winnow: loss is NaN')
  })

  it('writes a plain line every ten seconds elsewhere', () => {
    const parts: string[] = []
    run({ isTTY: false, write: (part) => void parts.push(part) }, 10)
    const text = parts.join('')
    const written = text.split('\n')
    expect(written.map((line) => line.slice(25, 29))).toEqual(['  0%', ' 50%', '100%', ''])
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\r')
  })
})

describe('numbers', () => {
  it('writes seconds as minutes and hours', () => {
    expect([0, 59.4, 59.6, 3599, 3600, 36061].map(duration)).toEqual([
      '0:00',
      '0:59',
      '1:00',
      '59:59',
      '1:00:00',
      '10:01:01',
    ])
    expect(number(1234567)).toBe('1,234,567')
  })
})
