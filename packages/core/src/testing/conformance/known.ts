/** Failures that are known, each with its reason. Tests assert that they still fail, so that a mend is noticed. */
import type { ConformanceRow } from './run.ts'

/** Rows that are known not to pass, for one reason. */
export interface KnownFailure {
  readonly backend: 'cpu' | 'wasm' | 'onnx' | 'webgpu'
  /** Names of cases. */
  readonly cases: readonly string[]
  readonly reason: string
}

/** All that is known. */
export const knownFailures: readonly KnownFailure[] = [
  {
    backend: 'wasm',
    cases: ['maxPool3d 2, stride 2, same', 'maxPool3d 2, stride 2, same, gradient'],
    reason:
      'the stock kernel loses windows that are negative throughout; nothing in Winnow pools in three dimensions',
  },
  {
    backend: 'onnx',
    cases: ['NaN spreads: max'],
    reason:
      'ONNX Runtime may leave a NaN out of a maximum along an axis; sums, means and products keep it',
  },
  {
    backend: 'webgpu',
    cases: [
      'Acos',
      'Cos',
      'Cos, gradient',
      'Cos, second gradient',
      'Sin',
      'Sin, gradient',
      'Sin, second gradient',
      'Tan',
    ],
    reason:
      'trigonometry is as precise as the driver: WGSL allows 5e-4, SwiftShader differs by 2e-4',
  },
  {
    backend: 'webgpu',
    cases: ['int32 beyond 2^24'],
    reason: 'int32 is computed in float32 and exact up to 2^24 only',
  },
  {
    backend: 'webgpu',
    cases: ['Bincount and DenseBincount'],
    reason: 'weighted counts are added as whole numbers; nothing in Winnow counts on the device',
  },
  {
    backend: 'webgpu',
    cases: ['maxPool gives a tie to one place, gradient'],
    reason: 'of equal values the last gets the gradient, elsewhere the first: one place in both',
  },
  {
    backend: 'webgpu',
    cases: ['BitwiseAnd'],
    reason: 'tfjs has no such kernel; nothing in Winnow uses it',
  },
  {
    backend: 'webgpu',
    cases: [
      'NaN stays: exp',
      'NaN stays: log',
      'NaN stays: relu6',
      'NaN stays: elu',
      'NaN stays: sigmoid',
      'NaN stays: softplus',
      'NaN spreads: softmax',
      'NaN and infinity arise',
    ],
    reason:
      'WGSL lets a driver assume that there is no NaN and no infinity (relu6 loses it by a clamp, on every driver)',
  },
]

/** The reason of a row that is known not to pass. A compiled run of a backend shares what is known of it. */
export function knownReason({ backend, name }: ConformanceRow): string | undefined {
  return knownFailures.find(
    (known) => backend.split(',')[0] === known.backend && known.cases.includes(name),
  )?.reason
}

/**
 * What the rows show that is not known: a sentence for each new failure, and for each known one that passes by now.
 */
export function unexpectedResults(rows: readonly ConformanceRow[]): string[] {
  return rows.flatMap((row) => {
    const failed = row.result === 'fail' || row.result === 'absent'
    const known = knownReason(row)
    if (failed && known === undefined) return [`${row.backend}, ${row.name}: ${row.reason}`]
    if (!failed && known !== undefined) return [`${row.backend}, ${row.name}: passes by now`]
    return []
  })
}
