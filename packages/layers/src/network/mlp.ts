/**
 * A multi-layer perceptron: linear stages, then a linear layer to the output.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape } from '@tensorflow/tfjs-core'
import { type Context, Module, type Rng } from '@winnow/core'
import { initializerFor } from '../activation.ts'
import type { Layer } from '../layer.ts'
import { Linear } from '../linear.ts'
import { checkShape, leadingAxes, sizeOf } from '../shape.ts'
import { checkFields, checkSizes, type NetworkShapes, type NetworkSpec } from './spec.ts'
import { checkStageOptions, Stage, type StageOptions, stageOptions } from './stage.ts'

/** What {@link mlp} returns: plain JSON. */
export interface MlpSpec extends NetworkSpec, StageOptions {
  readonly kind: 'mlp'
  /** Width of each hidden stage; none makes a single linear layer. */
  readonly hidden: readonly number[]
}

/** Describes a multi-layer perceptron with these hidden widths: `mlp([512, 512], { activation: 'gelu' })`. */
export function mlp(hidden: readonly number[], options: StageOptions = {}): MlpSpec {
  return { kind: 'mlp', hidden, ...options }
}

/** See {@link Mlp}: an {@link MlpSpec} with the shapes. */
export interface MlpConfig extends Omit<MlpSpec, 'kind'>, NetworkShapes {}

/**
 * `[batch, ...input]` to `[batch, ...output]`: an example is flattened first and its result laid out last. More axes may
 * stand before an example, such as `[samples, batch, latent]`; they stay.
 *
 * Slots: `hidden.0.layer.weight` and `.bias`, `hidden.0.norm...`, and so on; `output.weight`, `output.bias`.
 */
export class Mlp extends Module implements Layer {
  readonly config: MlpConfig
  readonly hidden: readonly Stage[]
  readonly output: Linear

  constructor(config: MlpConfig, rng: Rng) {
    super()
    const { input, output, hidden, activation = 'relu' } = config
    checkShape('mlp: input', input)
    checkShape('mlp: output', output)
    checkSizes('mlp: hidden', hidden)
    checkStageOptions('mlp', config)
    this.config = config
    const widths = [sizeOf(input), ...hidden]
    // Batch norm subtracts any bias before it.
    const bias = config.norm !== 'batch'
    this.hidden = hidden.map((width, i) => {
      const linear = { inputs: widths[i] as number, outputs: width, bias }
      const layer = new Linear({ ...linear, init: initializerFor(activation) }, rng.split())
      return new Stage(layer, width, config)
    })
    const outputs = { inputs: widths[hidden.length] as number, outputs: sizeOf(output) }
    this.output = new Linear(outputs, rng.split())
  }

  /** @throws WinnowError when `x` does not end in the input's shape */
  forward(x: Tensor, context?: Context): Tensor {
    const { input, output } = this.config
    const leading = leadingAxes('mlp', x, input)
    let y = x.rank === 2 ? x : reshape(x, [sizeOf(leading), sizeOf(input)])
    for (const stage of this.hidden) y = stage.forward(y, context)
    y = this.output.forward(y)
    return leading.length === 1 && output.length === 1 ? y : reshape(y, [...leading, ...output])
  }
}

/** Builds what {@link mlp} describes. */
export function buildMlp(spec: MlpSpec, shapes: NetworkShapes, rng: Rng): Mlp {
  checkFields(spec, ['kind', 'hidden', ...stageOptions])
  const { kind: _, ...config } = spec
  return new Mlp({ ...config, ...shapes }, rng)
}
