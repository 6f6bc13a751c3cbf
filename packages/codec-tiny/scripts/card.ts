/**
 * The card of a codec as Markdown.
 */
import type { TinyCodecCard } from '../src/index.ts'

/** What data is called, where it comes from, and what allows it. */
const SOURCES: Readonly<Record<string, string>> = {
  photos:
    '23 photos of the Debian package `opencv-doc` (Apache-2.0); tested on 4 of `python3-skimage` (public domain, CC0, BSD-3)',
}

/** Markdown: a table of figures, the command, and the points of its curve. */
export function cardText(card: TinyCodecCard): string {
  const { config } = card
  const lambdas = [config.lambda ?? []].flat().join(', ')
  const rows = [
    [
      'parameters',
      `${card.parameters.toLocaleString('en-US')}: ${(card.bytes / 1e6).toFixed(1)} MB`,
    ],
    [
      'shape',
      `mean-scale hyperprior, context ${config.context ?? 'none'}, ${config.channels} channels, ${config.latents} latents, ` +
        `begun from ${config.start ?? 'random'}, lambda ${lambdas}`,
    ],
    ['data', SOURCES[card.data] ?? card.data],
    [
      'trained',
      `${card.updates.toLocaleString('en-US')} updates, ${Math.round(card.minutes)} minutes on ${card.backend}`,
    ],
    ['fingerprint', `\`${card.fingerprint}\``],
  ]
  const points = card.points.map(({ quality, bitsPerPixel, psnr, multiScaleSimilarity }) =>
    row([
      String(quality),
      bitsPerPixel.toFixed(3),
      psnr.toFixed(2),
      multiScaleSimilarity?.toFixed(4) ?? '-',
    ]),
  )
  return [
    ...['| | |', '|---|---|', ...rows.map(row)],
    ...['', '```sh', card.command, '```', ''],
    ...['| quality | bits per pixel | PSNR, dB | MS-SSIM |', '|---:|---:|---:|---:|', ...points],
    ...['', `Means over ${card.pictures} whole test pictures, of files that were decoded again.`],
  ].join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
