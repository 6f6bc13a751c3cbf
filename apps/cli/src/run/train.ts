/**
 * What every `winnow train` does: data, plan, training with checkpoints and a bar, Ctrl-C, measures, the run's folder.
 */
import { fit, parameterCount, type Trainable, useBackend } from '@winnow/core'
import { INTERRUPTED, interruptible } from '../interrupt.ts'
import { duration, number, progressBar } from '../progress-bar.ts'
import type { Terminal } from '../terminal.ts'
import type { RunData, RunKind, RunSettings } from './kind.ts'
import { type Plan, plan } from './pace.ts'
import { checkpointPath, readPlan, removeCheckpoint, writePlan } from './plan.ts'
import { writeRun } from './run-folder.ts'

/** Updates between saves within an epoch: a few seconds of work are lost at most. */
const STEPS_BETWEEN_SAVES = 200
/** Of the schedule that a throw-away model is timed with; any number that is long enough. */
const PACED_STEPS = 1000

/** Trains, measures on the test data, and writes the run's folder. */
export async function trainRun<
  Settings extends RunSettings,
  Model extends Trainable,
  Measures,
  Data extends RunData,
>(
  kind: RunKind<Settings, Model, Measures, Data>,
  given: Settings,
  terminal: Terminal,
): Promise<void> {
  const say = (line: string): void => void terminal.stderr.write(`${line}\n`)
  const start = performance.now()
  const { resume } = given
  const earlier = resume === undefined ? undefined : await readPlan(resume, kind)
  const settings: Settings = earlier?.settings ?? given
  const { backend = given.backend, software = given.software, seed } = settings
  const found = await useBackend({
    ...(backend === undefined ? {} : { name: backend }),
    software: software === true,
  })
  say(`backend ${found.name}: ${found.device}`)
  const data = await kind.data(settings, say)
  using model = kind.model(settings, data)
  await kind.begin?.(model, data)
  const items = kind.items(data)
  say(
    `${data.name}: ${number(data.trainingItems)} items of [${data.input}] to train on; ` +
      `${number(parameterCount(model))} parameters`,
  )
  const { training, stepsPerEpoch } = data
  const { optimizer } = kind.fitParts(settings, PACED_STEPS)
  const pacing = { training, stepsPerEpoch, optimizer, model: () => kind.model(settings, data) }
  const { steps, reason }: Plan = earlier ?? (await plan(pacing, settings, kind.minutes))
  if (reason !== undefined) say(reason)
  const place = data.name.replaceAll(/[^\w.-]+/g, '-')
  const folder = resume ?? settings.out ?? `runs/${kind.name}-${place}`
  await writePlan(folder, { kind: kind.name, settings, steps })

  const bar = progressBar({ metrics: kind.metrics, items, stream: terminal.stderr })
  const early = new AbortController()
  const watch = kind.watch?.(model, data, settings, steps, early)
  const work = async (signal: AbortSignal): Promise<void> => {
    const run = await fit(model, training, {
      ...kind.fitParts(settings, steps),
      epochs: Math.ceil(steps / stepsPerEpoch),
      steps,
      seed,
      validation: data.validation,
      callbacks: watch === undefined ? [bar] : [bar, watch],
      checkpoint: {
        path: checkpointPath(folder),
        everySteps: STEPS_BETWEEN_SAVES,
        resume: earlier !== undefined,
      },
      signal: AbortSignal.any([signal, early.signal]),
    }).finally(() => bar.end())
    const measured = await kind.measure(model, data)
    const result = { model, run, measured, settings, backend: found, data, watched: watch?.record }
    const files = await writeRun(folder, kind, result)
    const stoppedEarly = early.signal.aborted && run.steps < steps
    const unfinished = run.ended === 'aborted' && run.steps < steps && !stoppedEarly
    if (signal.aborted) terminal.exitCode = INTERRUPTED
    if (!unfinished) await removeCheckpoint(folder)
    const epochs = (run.steps / stepsPerEpoch).toFixed(1)
    const ending = stoppedEarly ? ', stopped early' : signal.aborted ? ', interrupted' : ''
    const seconds = (performance.now() - start) / 1000
    terminal.stdout.write(
      `\n${kind.report(measured)}\n\n` +
        `${number(run.steps)} updates (${epochs} epochs)${ending}; ` +
        `${duration(seconds)} in all on ${found.name}\n` +
        `${folder}/  ${[...files, 'plan.json'].join('  ')}\n` +
        (unfinished ? `to go on: winnow train ${kind.name} --resume ${folder}\n` : ''),
    )
  }
  await interruptible(work, () => {
    bar.end()
    say('interrupted: what was learnt is measured and kept; Ctrl-C again ends at once')
  })
}
