/**
 * `winnow train vae`: trains a variational autoencoder and writes a folder with the model, its history and pictures.
 */
import { adam, fit, linear, parameterCount, useBackend, warmupCosine } from '@winnow/core'
import { Command, Option } from 'commander'
import { dataHelp } from '../data/help.ts'
import { duration, progressBar } from '../progress-bar.ts'
import { measureVae, report } from '../vae/measure.ts'
import { stepsWithin } from '../vae/pace.ts'
import { writeRun } from '../vae/run-folder.ts'
import { type VaeSettings, vaeData, vaeModel } from '../vae/settings.ts'
import { amount, oneOf, whole, wholes } from './options.ts'

const LIKELIHOODS = ['bernoulli', 'gaussian', 'discretisedLogistic'] as const

export function trainVaeCommand(): Command {
  return new Command('vae')
    .description('train a variational autoencoder')
    .option('--data <name>', `what to train on: ${dataHelp()}`, 'mnist')
    .option('--size <pixels>', 'height and width that images of a folder are brought to', whole(1))
    .option('--epochs <number>', 'passes over the data', whole(1))
    .option('--steps <number>', 'updates, instead of epochs', whole(1))
    .option(
      '--minutes <number>',
      'as many updates as fit, measured first',
      amount({ positive: true }),
    )
    .option('--batch <number>', 'items per update', whole(1), 128)
    .option('--latent <number>', 'latent dimensions', whole(1), 20)
    .option(
      '--hidden <sizes>',
      'layers of the encoder; the decoder has them in reverse',
      wholes,
      [512, 512],
    )
    .option('--conv', 'convolutions: --hidden are channels')
    .addOption(
      new Option('--likelihood <name>', `what a pixel is: ${LIKELIHOODS.join(', ')}`)
        .argParser(oneOf(...LIKELIHOODS))
        .default('bernoulli'),
    )
    .addOption(
      new Option(
        '--binarise <how>',
        'grey pixels under bernoulli: random (drawn anew each epoch), none',
      )
        .argParser(oneOf('random', 'none'))
        .default('random'),
    )
    .option('--beta <number>', 'weight of the KL', amount(), 1)
    .option('--warmup <steps>', 'updates over which beta rises from 0', whole(0), 0)
    .option(
      '--free-bits <nats>',
      'nats that each latent dimension may carry for nothing',
      amount(),
      0,
    )
    .option(
      '--learning-rate <number>',
      'highest rate of Adam; it rises, then falls to zero',
      amount({ positive: true }),
      1e-3,
    )
    .option('--seed <number>', 'settles weights, order and noise', whole(0), 7)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--out <folder>', 'where to write; runs/vae-DATA by default')
    .action(trainVae)
}

/** Trains, measures on the test data, and writes the run's folder. */
export async function trainVae(settings: VaeSettings): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const start = performance.now()
  const { backend, software, batch, beta, warmup, learningRate, seed } = settings
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device ?? found.reason}`)
  const data = await vaeData(settings)
  using model = vaeModel(settings, data.input)
  const stepsPerEpoch = Math.floor(data.trainingItems / batch)
  const steps =
    settings.minutes === undefined
      ? Math.min(settings.steps ?? Number.POSITIVE_INFINITY, (settings.epochs ?? 5) * stepsPerEpoch)
      : await stepsWithin(settings.minutes * 60, data, settings)
  const epochs = Math.ceil(steps / stepsPerEpoch)
  say(
    `${data.name}: ${data.trainingItems.toLocaleString('en')} items of [${data.input}]; ` +
      `${parameterCount(model).toLocaleString('en')} parameters; ${steps} updates (${(steps / stepsPerEpoch).toFixed(1)} epochs)`,
  )

  const controller = new AbortController()
  const interrupt = (): void => controller.abort()
  process.once('SIGINT', interrupt)
  const run = await fit(model, data.training, {
    epochs,
    steps,
    seed,
    optimizer: adam({
      learningRate: warmupCosine({
        peak: learningRate,
        warmup: Math.min(100, Math.ceil(steps / 10)),
        steps,
      }),
    }),
    ...(warmup > 0 ? { scalars: { beta: linear({ from: 0, to: beta, steps: warmup }) } } : {}),
    validation: data.validation,
    callbacks: [progressBar({ metrics: ['loss', 'reconstruction', 'kl'], items: 'images' })],
    signal: controller.signal,
  }).finally(() => process.off('SIGINT', interrupt))

  const measured = await measureVae(model, data.test)
  const folder = settings.out ?? `runs/vae-${data.name.replaceAll(/[^\w.-]+/g, '-')}`
  await writeRun(folder, { model, run, measured, settings, backend: found, data })
  if (run.ended === 'aborted')
    say(`interrupted after ${run.steps} updates; what was learnt is kept`)
  process.stdout.write(`${report(measured)}\n`)
  process.stdout.write(
    `${run.steps} updates, ${duration((performance.now() - start) / 1000)} in all on ${found.name}; written to ${folder}/\n`,
  )
}
