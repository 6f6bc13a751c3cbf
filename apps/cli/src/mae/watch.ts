/**
 * A probe every so many updates: whether the features get better, while there is still time to stop.
 */
import type { MAE } from '@winnow/mae'
import type { Watch } from '../run/kind.ts'
import { featureQuality, type ProbeItems } from './measure.ts'
import type { MaeData, MaeSettings } from './settings.ts'

/** The quality of the features after so many updates. */
export interface ProbePoint {
  readonly step: number
  readonly linearProbe: number
  readonly nearestNeighbours: number
}

/** A run is probed about so often where nothing else is asked for. */
const PROBES = 10

/** Items of a probe on the way: enough to see a trend. */
const WATCHED: ProbeItems = { train: 2000, test: 1000 }

/** Watches a run of `steps` updates, if there are labels. */
export function watchFeatures(
  model: MAE,
  data: MaeData,
  settings: MaeSettings,
  steps: number,
): Watch | undefined {
  const every = settings.probe ?? Math.max(1, Math.ceil(steps / PROBES))
  if (!data.labelled || every === 0) return undefined
  const record: ProbePoint[] = []
  return {
    record,
    async onStep({ step }) {
      if (step % every !== 0 && step !== 1) return
      const { linearProbe, nearestNeighbours } = await featureQuality(model, data, WATCHED)
      record.push({ step, linearProbe, nearestNeighbours })
    },
  }
}
