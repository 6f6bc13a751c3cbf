/**
 * `winnow train vae`: trains a variational autoencoder and writes a folder with the model, its history and pictures.
 */
import { adam, fit, linear, parameterCount, useBackend, warmupCosine } from '@winnow/core'
import { Command, Option } from 'commander'
import { dataHelp } from '../data/help.ts'
import { INTERRUPTED, interruptible } from '../interrupt.ts'
import { duration, number, progressBar } from '../progress-bar.ts'
import type { Terminal } from '../terminal.ts'
import { measureVae, report } from '../vae/measure.ts'
import { DEFAULT_MINUTES, type Plan, plan } from '../vae/pace.ts'
import { writeRun } from '../vae/run-folder.ts'
import { checkpointPath, readPlan, removeCheckpoint, writePlan } from '../vae/run-plan.ts'
import {
  DEFAULT_CHANNELS,
  DEFAULT_HIDDEN,
  type VaeSettings,
  vaeData,
  vaeModel,
} from '../vae/settings.ts'
import { amount, oneOf, whole, wholes } from './options.ts'

const LIKELIHOODS = ['bernoulli', 'gaussian', 'discretisedLogistic'] as const

export function trainVaeCommand(terminal: Terminal): Command {
  return new Command('vae')
    .description('train a variational autoencoder')
    .option('--data <name>', `what to train on: ${dataHelp()}`, 'mnist')
    .option('--size <pixels>', 'height and width that images of a folder are brought to', whole(1))
    .addOption(
      new Option('--epochs <number>', 'passes over the data')
        .argParser(whole(1))
        .conflicts(['steps', 'minutes']),
    )
    .addOption(
      new Option('--steps <number>', 'updates, instead of epochs')
        .argParser(whole(1))
        .conflicts(['epochs', 'minutes']),
    )
    .option(
      '--minutes <number>',
      `as many updates as fit in this time, measured first (default: ${DEFAULT_MINUTES})`,
      amount({ positive: true }),
    )
    .option('--batch <number>', 'items per update', whole(1), 128)
    .option('--latent <number>', 'latent dimensions', whole(1), 20)
    .option(
      '--hidden <sizes>',
      `layers of the encoder; the decoder has them in reverse (default: ${DEFAULT_HIDDEN})`,
      wholes,
    )
    .option('--conv', `convolutions: --hidden are channels (default: ${DEFAULT_CHANNELS})`)
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
      2e-3,
    )
    .option('--seed <number>', 'settles weights, order and noise', whole(0), 7)
    .option('--backend <name>', 'webgpu, cuda, onnx, wasm or cpu; the best that works by default')
    .option('--software', 'allow a WebGPU adapter that runs on the CPU')
    .option('--out <folder>', 'where to write; runs/vae-DATA by default')
    .option('--resume <folder>', 'go on with an interrupted run; its own settings hold')
    .action((settings: VaeSettings) => trainVae(settings, terminal))
}

/** Updates between saves within an epoch: a few seconds of work are lost at most. */
const STEPS_BETWEEN_SAVES = 200

/** Trains, measures on the test data, and writes the run's folder. */
async function trainVae(given: VaeSettings, terminal: Terminal): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const start = performance.now()
  const { resume } = given
  const earlier = resume === undefined ? undefined : await readPlan(resume)
  const settings: VaeSettings = earlier?.settings ?? given
  const { backend = given.backend, software = given.software } = settings
  const { beta, warmup, learningRate, seed } = settings
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  const data = await vaeData(settings)
  using model = vaeModel(settings, data.input)
  say(
    `${data.name}: ${number(data.trainingItems)} items of [${data.input}] to train on; ` +
      `${number(parameterCount(model))} parameters`,
  )
  const { steps, reason }: Plan = earlier ?? (await plan(data, settings))
  if (reason !== undefined) say(reason)
  const folder = resume ?? settings.out ?? `runs/vae-${data.name.replaceAll(/[^\w.-]+/g, '-')}`
  await writePlan(folder, { kind: 'vae', settings, steps })

  const bar = progressBar({
    metrics: ['loss', 'reconstruction', 'kl'],
    items: data.input.length === 3 ? 'images' : 'items',
    stream: terminal.stderr,
  })
  const work = async (signal: AbortSignal): Promise<void> => {
    const run = await fit(model, data.training, {
      epochs: Math.ceil(steps / data.stepsPerEpoch),
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
      callbacks: [bar],
      checkpoint: {
        path: checkpointPath(folder),
        everySteps: STEPS_BETWEEN_SAVES,
        resume: earlier !== undefined,
      },
      signal,
    }).finally(() => bar.end())
    const measured = await measureVae(model, data.test)
    const files = await writeRun(folder, { model, run, measured, settings, backend: found, data })
    const unfinished = run.ended === 'aborted' && run.steps < steps
    if (signal.aborted) terminal.exitCode = INTERRUPTED
    if (!unfinished) await removeCheckpoint(folder)
    const epochs = (run.steps / data.stepsPerEpoch).toFixed(1)
    const seconds = (performance.now() - start) / 1000
    terminal.stdout.write(
      `\n${report(measured)}\n\n` +
        `${number(run.steps)} updates (${epochs} epochs)${signal.aborted ? ', interrupted' : ''}; ` +
        `${duration(seconds)} in all on ${found.name}\n` +
        `${folder}/  ${[...files, 'plan.json'].join('  ')}\n` +
        (unfinished ? `to go on: winnow train vae --resume ${folder}\n` : ''),
    )
  }
  await interruptible(work, () => {
    bar.end()
    say('interrupted: what was learnt is measured and kept; Ctrl-C again ends at once')
  })
}
