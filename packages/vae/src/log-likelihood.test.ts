/**
 * On a linear-Gaussian model everything is known: z ~ N(0, 1), x | z ~ N(z, 1), so x ~ N(0, 2) and the true posterior is
 * N(x / 2, 1 / 2).
 */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile, gaussianLikelihood, Module, Parameter, prepareBackend, Rng } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { logLikelihood, logWeights } from './log-likelihood.ts'
import { VAE } from './vae.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

/** `x -> [slope * x, logVariance]`: the posterior's parameters. */
class Posterior extends Module {
  readonly slope: Parameter
  readonly logVariance: Parameter
  constructor(slope: number, variance: number) {
    super()
    this.slope = new Parameter(tf.scalar(slope))
    this.logVariance = new Parameter(tf.scalar(Math.log(variance)))
  }
  forward(x: tf.Tensor): tf.Tensor {
    const mean = tf.mul(x, this.slope.value)
    return tf.concat([mean, tf.add(tf.zerosLike(x), this.logVariance.value)], 1)
  }
}

class Same extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return x
  }
}

const model = (slope: number, variance: number) =>
  new VAE(
    {
      input: [1],
      latent: 1,
      encoder: () => new Posterior(slope, variance),
      decoder: () => new Same(),
      likelihood: gaussianLikelihood({ variance: 1 }),
    },
    new Rng(1),
  )

const exact = (x: number) => -0.5 * (Math.log(2 * Math.PI * 2) + (x * x) / 2)

const elbo = async (vae: VAE, x: tf.Tensor, draws: number) => {
  const repeated = tf.tile(x, [draws, 1])
  const context = {
    rng: new Rng(3),
    step: tf.scalar(0),
    training: false,
    scalars: {},
    update: () => undefined,
  }
  return (await vae.loss(repeated, context).elbo.data())[0] ?? 0
}

describe('logLikelihood on a linear-Gaussian model', () => {
  const x = tf.tensor2d([[1.3]])

  it('is exact at the true posterior, whatever the number of samples, and so is the ELBO', async () => {
    const vae = model(0.5, 0.5)
    expect(exact(1.3)).toBeCloseTo(-1.68801, 4)
    for (const samples of [1, 5, 50]) {
      const [value] = await (await logLikelihood(vae, x, { samples, rng: new Rng(samples) })).data()
      expect(value).toBeCloseTo(exact(1.3), 4)
    }
    expect(await elbo(vae, x, 40_000)).toBeCloseTo(exact(1.3), 1)
  })

  it('rises with the samples towards the truth from below, the ELBO lowest', async () => {
    const vae = model(0, 1)
    const bound = async (samples: number, repeats: number) => {
      const many = tf.tile(x, [repeats, 1])
      const values = await (
        await logLikelihood(vae, many, { samples, rng: new Rng(samples), chunk: 7 })
      ).data()
      return [...values].reduce((a, b) => a + b, 0) / repeats
    }
    const [one, five, fifty] = [await bound(1, 20_000), await bound(5, 8000), await bound(50, 2000)]
    expect(one).toBeCloseTo(-2.2639, 1)
    expect(five).toBeCloseTo(-1.756, 1)
    expect(one).toBeLessThan(five - 0.2)
    expect(five).toBeLessThan(fifty - 0.02)
    expect(fifty).toBeLessThan(exact(1.3) + 0.01)
    expect(await elbo(vae, x, 20_000)).toBeCloseTo(one, 1)
  })

  it('gives log weights per draw and example, and refuses no samples', async () => {
    const vae = model(0, 1)
    const weights = await compile((data: tf.Tensor, rng: Rng) => logWeights(vae, data, rng, 4))(
      tf.zeros([3, 1]),
      new Rng(2),
    )
    expect(weights.shape).toEqual([4, 3])
    await expect(logLikelihood(vae, x, { samples: 0, rng: new Rng(1) })).rejects.toThrow(
      'samples: 0 came',
    )
  })
})
