import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import {
  adamW,
  type Context,
  fit,
  parameters,
  prepareBackend,
  Rng,
  restore,
  save,
} from '@winnow/core'
import { patchify } from '@winnow/layers'
import { hiddenIndicator, keepTokens, maskFromHidden } from '@winnow/masking'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ImageMask, MAE, type MAEConfig } from './mae.ts'
import { meanWhere, patchError, patchTargets } from './patch-targets.ts'
import { stripes } from './testing/images.ts'
import { smallConfig } from './testing/small-run.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const small = (more: Partial<MAEConfig> = {}): MAE =>
  new MAE({ ...smallConfig, ...more }, new Rng(1))
const images = (count: number, seed = 2) => new Rng(seed).uniform([count, 8, 8, 1])
const random = (ratio: number): ImageMask => ({ kind: 'random', ratio })
const values = (x: tf.Tensor): number[] => [...x.dataSync()]
const context = (seed = 1): Context => ({
  rng: new Rng(seed),
  step: tf.scalar(0),
  training: true,
  scalars: {},
  update: () => undefined,
})
const loss = (model: MAE, x: tf.Tensor, seed = 1): number =>
  values(model.loss(x, context(seed)).loss)[0] as number

describe('MAE', () => {
  it('keeps exactly 12 of 49 patches, and shows them alone to the encoder', () => {
    const model = new MAE({ ...smallConfig, image: [28, 28, 1], patch: 4 }, new Rng(1))
    const mask = model.drawMask(3, new Rng(2))
    expect([mask.kept, mask.hidden]).toEqual([12, 37])
    const code = model.encode(new Rng(3).uniform([3, 28, 28, 1]), { mask })
    expect(code.tokens.shape).toEqual([3, 12, 16])
    expect(code.class?.shape).toEqual([3, 16])
  })

  it('lets nothing of a hidden patch reach the encoding or the predictions', () => {
    const model = small()
    const mask = model.drawMask(2, new Rng(5))
    const hidden = tf.reshape(hiddenIndicator(mask), [2, 4, 1, 4, 1, 1])
    const noise = tf.reshape(tf.mul(new Rng(9).normal([2, 4, 2, 4, 2, 1]), hidden), [2, 8, 8, 1])
    const x = images(2)
    const changed = tf.add(x, noise)
    const [one, other] = [model.encode(x, { mask }), model.encode(changed, { mask })]
    expect(values(other.tokens)).toEqual(values(one.tokens))
    expect(values(other.class as tf.Tensor)).toEqual(values(one.class as tf.Tensor))
    expect(values(model.decode(other))).toEqual(values(model.decode(one)))
    // The mask of the loss is drawn from the context's generator, which the test can draw from as well.
    const seen = model.drawMask(2, new Rng(1).split())
    const where = tf.reshape(hiddenIndicator(seen), [2, 4, 1, 4, 1, 1])
    const elsewhere = tf.reshape(tf.mul(new Rng(9).normal([2, 4, 2, 4, 2, 1]), where), [2, 8, 8, 1])
    expect(loss(model, tf.add(x, elsewhere))).not.toBe(loss(model, x))
    // A change of a visible patch is seen.
    const visible = model.encode(tf.add(x, 0.1), { mask })
    expect(values(visible.tokens)).not.toEqual(values(one.tokens))
  })

  it.each(['pixels', 'normalisedPixels'] as const)(
    'has as loss the mean error of hidden patches, though the head reads those alone: %s',
    (target) => {
      const model = small({ target })
      const x = images(3)
      const mask = model.drawMask(3, new Rng(1).split())
      const predicted = model.decode(model.encode(x, { mask }))
      const errors = patchError(predicted, patchTargets(patchify(x, 2), target))
      const expected = values(meanWhere(errors, hiddenIndicator(mask)))[0] as number
      expect(loss(model, x)).toBeCloseTo(expected, 5)
      const all = small({ target, lossOn: 'all' })
      expect(loss(all, x)).toBeCloseTo(values(tf.mean(errors))[0] as number, 5)
    },
  )

  it('puts kept patches back in their own places, with positions for all', () => {
    const model = small()
    // Without what attention and the feed-forward part add, the decoder is embedding, positions and norm.
    for (const block of model.decoder.transformer.blocks) {
      for (const { weight, bias } of [block.attention.output, block.feedForward.narrow]) {
        weight.assign(tf.zeros(weight.shape as number[]))
        bias?.assign(tf.zeros(bias.shape as number[]))
      }
    }
    const mask = model.drawMask(2, new Rng(4))
    const tokens = new Rng(6).normal([2, mask.kept, 16])
    const decoded = model.decoder.decode(tokens, mask, undefined)
    const rows = model.decoder.positions.rows(16, 1)
    const norm = model.decoder.transformer.norm
    const order = mask.order.arraySync() as number[][]
    const embedded = model.decoder.embedding.forward(tokens).arraySync() as number[][][]
    const places = rows.arraySync() as number[][]
    const maskToken = values(model.decoder.maskToken.value)
    const expected = order.map((places_, example) => {
      const out: number[][] = []
      places_.forEach((place, i) => {
        const token = i < mask.kept ? (embedded[example]?.[i] as number[]) : maskToken
        out[place] = token.map((v, k) => v + (places[place]?.[k] as number))
      })
      return out
    })
    const difference = tf.sub(decoded, norm?.forward(tf.tensor(expected)) as tf.Tensor)
    expect(values(tf.max(tf.abs(difference)))[0]).toBeLessThan(1e-5)
  })

  it('does not mind in which order kept patches come: places alone tell them apart', () => {
    const model = small({ mask: random(0.5) })
    const x = images(2)
    const mask = model.drawMask(2, new Rng(4))
    const turned = (rows: number[][]) =>
      rows.map((row) => [...row.slice(0, mask.kept).reverse(), ...row.slice(mask.kept)])
    const order = turned(mask.order.arraySync() as number[][])
    const restore = order.map((row) => row.map((_, place) => row.indexOf(place)))
    const [straight, other] = [
      model.encode(x, { mask }),
      model.encode(x, {
        mask: {
          ...mask,
          order: tf.tensor(order, undefined, 'int32'),
          restore: tf.tensor(restore, undefined, 'int32'),
        },
      }),
    ]
    const apart = (a: tf.Tensor, b: tf.Tensor): number =>
      values(tf.max(tf.abs(tf.sub(a, b))))[0] as number
    expect(apart(tf.reverse(other.tokens, 1), straight.tokens)).toBeLessThan(1e-5)
    expect(apart(other.class as tf.Tensor, straight.class as tf.Tensor)).toBeLessThan(1e-5)
    expect(apart(model.decode(other), model.decode(straight))).toBeLessThan(1e-5)
    // Where patches lie matters: the same ones in other places have another code.
    const moved = model.encode(tf.reverse(x, 1), { mask })
    expect(apart(moved.tokens, straight.tokens)).toBeGreaterThan(1e-2)
  })

  it('gives all patches their code where no mask is given, as one that hides nothing would', () => {
    const model = small()
    const x = images(2)
    const nothing = maskFromHidden([new Array(16).fill(0), new Array(16).fill(0)])
    const [one, other] = [model.encode(x), model.encode(x, { mask: nothing })]
    expect(one.mask).toBeUndefined()
    expect(values(other.tokens)).toEqual(values(one.tokens))
    expect(values(model.decode(one))).toEqual(values(model.decode(other)))
    expect(values(model.features(x))).toEqual(values(tf.mean(one.tokens, 1)))
    expect(values(small({ pool: 'class' }).features(x))).toEqual(values(one.class as tf.Tensor))
  })

  it('rebuilds hidden patches and leaves visible ones', () => {
    for (const target of ['pixels', 'normalisedPixels'] as const) {
      const model = small({ target })
      const x = images(2)
      const rebuilt = model.reconstruct(x, { rng: new Rng(8) })
      expect(rebuilt.shape).toEqual([2, 8, 8, 1])
      const mask = model.drawMask(2, new Rng(8))
      const kept = keepTokens(patchify(x, 2), mask)
      const difference = tf.sub(keepTokens(patchify(rebuilt, 2), mask), kept)
      expect(values(tf.max(tf.abs(difference)))[0]).toBeLessThan(1e-6)
      expect(values(model.reconstruct(x))).toEqual(values(model.reconstruct(x)))
    }
  })

  it('is rebuilt from its file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'winnow-'))
    const model = small({ mask: random(0.5) })
    await save(model, join(folder, 'mae.safetensors'))
    const again = await restore(MAE, join(folder, 'mae.safetensors'))
    expect(again.config).toEqual(model.config)
    expect(values(again.features(images(2)))).toEqual(values(model.features(images(2))))
    rmSync(folder, { recursive: true })
  })

  it('leaks nothing, and trains every parameter', async () => {
    const model = small()
    const x = images(2)
    const before = tf.memory().numTensors
    tf.tidy(() => model.loss(x, context()).loss.dataSync())
    model.reconstruct(x).dispose()
    // `loss` was handed a step of its own, which the tidy freed; `reconstruct` cleans up behind itself.
    expect(tf.memory().numTensors).toBe(before)
    const old = new Map([...parameters(model)].map(([path, { value }]) => [path, values(value)]))
    await fit(model, stripes(32), { steps: 2, batch: 16, optimizer: adamW({ learningRate: 1e-2 }) })
    for (const [path, { value }] of parameters(model))
      expect([path, values(value)]).not.toEqual([path, old.get(path)])
  })

  it.each<[string, Partial<MAEConfig>, string]>([
    ['a patch that does not divide', { patch: 3 }, '8'],
    ['a ratio that hides nothing', { mask: random(0) }, 'keeps 16 of 16 patches'],
    ['a ratio of 1', { mask: random(1) }, 'ratio: 1 came'],
    ['an image of one patch', { image: [2, 2, 1] }, 'of 1 tokens would keep none'],
    ['sides of no pixels', { image: [0, 8, 1] }, '0'],
    ['a ratio that keeps nothing', { mask: random(0.99) }, 'would keep none'],
    ['an unknown mask', { mask: { kind: 'rnadom' } }, "Did you mean 'random'"],
    ['heads that do not divide', { encoder: { features: 16, depth: 1, heads: 3 } }, 'heads'],
    ['an odd width', { decoder: { features: 6, depth: 1, heads: 2 } }, 'multiple of 4'],
    ['an unknown target', { target: 'pixel' as string as 'pixels' }, "Did you mean 'pixels'"],
    ['a class token that is not there', { pool: 'class', classToken: false }, "pool: 'class' came"],
  ])('refuses %s', (_, more, words) => {
    expect(() => small(more)).toThrow(words)
  })

  it('works on one patch of several kept, without a class token, on oblong images of three channels', async () => {
    const model = small({
      image: [4, 8, 3],
      patch: 2,
      classToken: false,
      mask: random(0.87) as never,
    })
    const x = new Rng(1).uniform([2, 4, 8, 3])
    expect(model.encode(x, { mask: model.drawMask(2, new Rng(1)) }).tokens.shape).toEqual([
      2, 1, 16,
    ])
    expect(Number.isFinite(loss(model, x))).toBe(true)
    expect(model.reconstruct(x).shape).toEqual([2, 4, 8, 3])
  })

  it('refuses images of another shape, before they are tensors', async () => {
    await expect(
      fit(small(), stripes(16, 6), { batch: 8, optimizer: adamW({ learningRate: 1e-3 }) }),
    ).rejects.toThrow('MAE: data: items of shape [6,6,1] came, expected image: [8,8,1]')
  })
})
