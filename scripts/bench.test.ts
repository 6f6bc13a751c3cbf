import { describe, expect, it } from 'vitest'
import { type Request, runBench } from '../bench/bench.ts'
import { bestOf, compare, lossWarnings, type Measurement } from '../bench/comparison.ts'
import type { Entrant } from '../bench/participants.ts'
import { operatorTimes } from '../bench/profile/onnx-profiler.ts'
import { topLines } from '../bench/profile/top-lines.ts'
import { Absent, type Launch, Participant } from '../bench/protocol.ts'
import { orderOfRound, type RoundOptions, race, stepsPerTurn } from '../bench/rounds.ts'
import { median } from '../bench/statistics.ts'
import { columns, comparisonTable, threeDigits } from '../bench/table.ts'

function measurement(
  name: string,
  milliseconds: number,
  more: Partial<Measurement> = {},
): Measurement {
  return {
    bench: 'vae-mlp',
    name,
    label: name,
    milliseconds,
    samples: 9,
    firstMilliseconds: milliseconds,
    loss: undefined,
    peakMegabytes: 100,
    ...more,
  }
}

/** A peer that answers as the protocol says: step `i` of a run took `i` milliseconds. */
function fakePeer(ready: object, extra = ''): Launch {
  const code = `
    const say = (message) => console.log(JSON.stringify(message))
    console.log('chatter of a library')
    say(${JSON.stringify(ready)})
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const command = JSON.parse(line)
      ${extra}
      if ('end' in command) { say({ peakMegabytes: 12.5 }); process.exit(0) }
      if ('profile' in command) return say({ profile: [{ name: 'Gemm', milliseconds: 2 }] })
      say({ milliseconds: Array.from({ length: command.run }, (_, i) => i + 1), loss: 543 })
    })`
  return { command: process.execPath, arguments: ['-e', code] }
}

const ready = { ready: { cases: [''], label: 'A peer' } }
const quick: RoundOptions = { rounds: 2, turn: 6, budget: 1000, limit: 20 }

function request(entrants: readonly Entrant[], said: string[] = []): Request {
  return { options: quick, entrants, caseText: '', say: (line) => said.push(line) }
}

describe('numbers', () => {
  it('takes the middle of what it is given, in whatever order', () => {
    expect(median([10, 1, 9])).toBe(9)
    expect(median([4, 1, 10, 2])).toBe(3)
    expect(() => median([])).toThrow('no values')
  })

  it('writes three digits', () => {
    expect([0, 0.01234, 1.5, 12.345, 99.44, 1735.4].map(threeDigits)).toEqual([
      '0',
      '0.0123',
      '1.50',
      '12.3',
      '99.4',
      '1,735',
    ])
  })
})

describe('rounds', () => {
  it('begin with another participant each, and leave none out', () => {
    expect(orderOfRound(['a', 'b', 'c'], 0)).toEqual(['a', 'b', 'c'])
    expect(orderOfRound(['a', 'b', 'c'], 1)).toEqual(['b', 'c', 'a'])
    expect(orderOfRound(['a', 'b', 'c'], 5)).toEqual(['c', 'a', 'b'])
    expect(orderOfRound([], 5)).toEqual([])
  })

  it('fill a turn with steps, one at least', () => {
    expect([400, 8, 0].map((step) => stepsPerTurn(100, step))).toEqual([1, 13, 100])
    expect([400, 8].map((step) => stepsPerTurn(100, step, 3))).toEqual([3, 13])
  })

  it('interleave the participants and never run two at once', async () => {
    const log: string[] = []
    let running = 0
    const runner = (name: string, milliseconds: number) => ({
      name,
      run: async (count: number) => {
        expect(++running).toBe(1)
        log.push(name)
        await new Promise((resolve) => setTimeout(resolve, 1))
        running--
        return { milliseconds: Array.from({ length: count }, () => milliseconds), loss: 1 }
      },
    })
    const { timings, refused } = await race([runner('a', 3), runner('b', 6)], '', quick)
    expect(log.join('')).toBe('aabb' + 'ab' + 'ba')
    expect(refused).toEqual([])
    expect(timings.map(({ name, milliseconds, samples }) => [name, milliseconds, samples])).toEqual(
      [
        ['a', 3, 4],
        ['b', 6, 2],
      ],
    )
  })

  it('stop for a participant whose time is spent, and for one that fails, not for the others', async () => {
    const calls = { slow: 0, broken: 0, sound: 0 }
    const { timings, refused } = await race(
      [
        { name: 'slow', run: async () => ({ milliseconds: [5000 + calls.slow++] }) },
        {
          name: 'broken',
          run: async () => {
            if (calls.broken++ === 2) throw new Absent('out of memory')
            return { milliseconds: [1] }
          },
        },
        { name: 'sound', run: async () => ({ milliseconds: [++calls.sound] }) },
      ],
      '',
      { ...quick, rounds: 3 },
    )
    expect(calls.slow).toBe(1)
    expect(calls.sound).toBe(5)
    expect(timings.map(({ name, milliseconds }) => [name, milliseconds])).toEqual([
      ['slow', 5000],
      ['sound', 4],
    ])
    expect(refused).toEqual([{ name: 'broken', reason: 'out of memory' }])
  })
})

describe('rows', () => {
  const all = [
    measurement('onnx', 10),
    measurement('wasm', 50),
    measurement('pytorch-1', 8, { label: 'PyTorch, 1 thread', peakMegabytes: 700 }),
    measurement('pytorch-2', 9),
    measurement('tfjs-wasm', 350),
    measurement('onnx', 1, { bench: 'matmul/1024' }),
  ]

  it('set each subject against each rival, ratio = ours / theirs, the better thread count counting', () => {
    const rows = compare('vae-mlp', all)
    expect(rows.map(({ subject, rival, ratio }) => [subject, rival, ratio])).toEqual([
      ['onnx', 'pytorch', 10 / 8],
      ['onnx', 'wasm', 10 / 50],
      ['onnx', 'tfjs-wasm', 10 / 350],
      ['wasm', 'pytorch', 50 / 8],
      ['wasm', 'tfjs-wasm', 50 / 350],
    ])
    expect(rows[0]).toEqual({
      bench: 'vae-mlp',
      subject: 'onnx',
      rival: 'pytorch',
      milliseconds: 10,
      rivalMilliseconds: 8,
      ratio: 1.25,
      peakMegabytes: 100,
      rivalPeakMegabytes: 700,
    })
    expect(bestOf(all, 'pytorch')?.name).toBe('pytorch-1')
    expect(bestOf(all, 'jax')).toBeUndefined()
  })

  it('become a table that names the process that won', () => {
    const [head, first] = comparisonTable(compare('vae-mlp', all), all)
    expect(head).toMatch(/^bench +subject +rival +ms +rival ms +ratio +peak MB +rival MB$/)
    expect(first).toMatch(/^vae-mlp +onnx +PyTorch, 1 thread +10\.0 +8\.00 +1\.25 +100 +700$/)
    expect(comparisonTable([], [])).toEqual([])
    expect(
      columns(
        [
          ['a', '1'],
          ['bcd', '1,000'],
        ],
        1,
      ),
    ).toEqual(['a        1', 'bcd  1,000'])
  })

  it('warn of a participant that computes something else', () => {
    const losses = [540, 560, 700, Number.NaN].map((loss, i) => measurement(`p${i}`, 1, { loss }))
    expect(lossWarnings(losses.slice(0, 2))).toEqual([])
    expect(lossWarnings(losses).map((line) => line.split(' is ')[0])).toEqual([
      'vae-mlp: the first loss of p2',
      'vae-mlp: the first loss of p3',
    ])
    expect(lossWarnings([measurement('a', 1)])).toEqual([])
  })
})

describe('profiles', () => {
  it('add up the nodes of the last runs by operator', () => {
    const node = (op: string, ts: number, dur: number, name = 'x_kernel_time') => ({
      cat: 'Node',
      name,
      ts,
      dur,
      args: { op_name: op },
    })
    const run = (ts: number) => ({ cat: 'Session', name: 'model_run', ts, dur: 90 })
    const events = [
      run(0),
      node('Gemm', 1, 9000),
      run(100),
      node('Gemm', 101, 3000),
      node('Add', 102, 500),
      node('Add', 103, 900, 'x_fence_before'),
      run(200),
      node('Gemm', 201, 5000),
    ]
    expect(operatorTimes(events, 2, 2)).toEqual([
      { name: 'Gemm', milliseconds: 4, calls: 1 },
      { name: 'Add', milliseconds: 0.25, calls: 0.5 },
    ])
  })

  it('keep the longest lines and add up the rest', () => {
    const lines = [1, 5, 2].map((milliseconds) => ({
      name: `${milliseconds}`,
      milliseconds,
      calls: 1,
    }))
    expect(topLines(lines, 1)).toEqual([lines[1], { name: '2 more', milliseconds: 3, calls: 2 }])
    expect(topLines(lines).map(({ name }) => name)).toEqual(['5', '2', '1'])
  })
})

describe('the protocol', () => {
  it('runs a peer, ignoring its chatter', async () => {
    const peer = new Participant('fake', fakePeer(ready))
    expect(await peer.ready(20)).toEqual(ready.ready)
    expect(await peer.run(3, '', 20)).toEqual({ milliseconds: [1, 2, 3], loss: 543 })
    expect(await peer.profile(3, '', 20)).toEqual([{ name: 'Gemm', milliseconds: 2 }])
    await peer.end()
    expect(peer.peakMegabytes).toBe(12.5)
  })

  it('tells why a peer is absent: its own words, its last line, or the time', async () => {
    const said = async (launch: Launch, limit = 20): Promise<string> => {
      const peer = new Participant('fake', launch)
      return await peer.ready(limit).then(
        () => 'ready',
        (thrown: unknown) => (thrown instanceof Absent ? thrown.message : `not Absent: ${thrown}`),
      )
    }
    const node = (code: string): Launch => ({ command: process.execPath, arguments: ['-e', code] })
    expect(await said(fakePeer({ skip: 'no torch here' }))).toBe('no torch here')
    expect(
      await said(node('console.error("first"); console.error("it broke"); process.exit(3)')),
    ).toBe('it broke')
    expect(await said(node(''))).toBe('it ended without a word')
    expect(await said({ command: 'no-such-program-of-ours', arguments: [] })).toContain('ENOENT')
    expect(await said(node('setInterval(() => 0, 1000)'), 0.05)).toBe('no answer within 0.05 s')
  })
})

describe('a bench', () => {
  it('skips who is absent with a message, and measures the others', async () => {
    const said: string[] = []
    const found = await runBench(
      'vae-mlp',
      request(
        [
          { name: 'onnx', launch: () => fakePeer(ready) },
          { name: 'pytorch-1', absent: 'no environment', launch: () => fakePeer(ready) },
          { name: 'jax', launch: () => fakePeer({ skip: 'no jax' }) },
          { name: 'tfjs-cpu', launch: () => fakePeer(ready, "return say({ error: 'no kernel' })") },
          { name: 'wasm', launch: () => fakePeer(ready, 'if (command.run > 1) process.exit(1)') },
        ],
        said,
      ),
    )
    expect(said).toEqual([
      'vae-mlp: pytorch-1 skipped: no environment',
      'vae-mlp: jax skipped: no jax',
      'vae-mlp: tfjs-cpu skipped: no kernel',
      'vae-mlp: wasm skipped: it ended without a word',
    ])
    expect(
      found.map(({ name, label, peakMegabytes, loss }) => [name, label, peakMegabytes, loss]),
    ).toEqual([['onnx', 'A peer', 12.5, 543]])
  })

  it('races case by case where there are several, and leaves out those that were not asked for', async () => {
    const kernels = { ready: { cases: ['add', 'exp', 'erf'], label: 'A peer' } }
    const fewer = { ready: { cases: ['exp'], label: 'Another' } }
    const found = await runBench('elementwise', {
      ...request([
        { name: 'onnx', launch: () => fakePeer(kernels) },
        { name: 'jax', launch: () => fakePeer(fewer) },
      ]),
      caseText: 'e',
    })
    expect(found.map(({ bench, name }) => `${bench} ${name}`)).toEqual([
      'elementwise/exp onnx',
      'elementwise/exp jax',
      'elementwise/erf onnx',
    ])
  })
})
