/**
 * One call builds any network from its description: `network(mlp([512, 512]), { input: [28, 28, 1], output: [32] }, rng)`.
 */
import { tidy, zeros } from '@tensorflow/tfjs-core'
import { check, Module, type Rng, unknownName, WinnowError } from '@winnow/core'
import type { LayerModule } from '../layer.ts'
import { checkShape } from '../shape.ts'
import { buildConvDecoder, type ConvDecoderSpec } from './conv-decoder.ts'
import { buildConvEncoder, type ConvEncoderSpec } from './conv-encoder.ts'
import { buildMlp, type MlpSpec } from './mlp.ts'
import type { NetworkBuilder, NetworkFunction, NetworkShapes, NetworkSpec } from './spec.ts'
import { buildUNet, type UNetSpec } from './unet.ts'

/**
 * What stands for a network in a model's config: a description, or a function that builds one of the user's own.
 *
 * A description is plain JSON and goes into checkpoints, so that a model can be rebuilt from its file. A function cannot:
 * such a model is built in code, and `load` fills its parameters in. To have a network of one's own in the file, name it
 * by {@link defineNetwork} and use `{ kind, ... }`, with the same definition made before loading.
 */
export type Network =
  | MlpSpec
  | ConvEncoderSpec
  | ConvDecoderSpec
  | UNetSpec
  | NetworkSpec
  | NetworkFunction

const builtIn: Readonly<Record<string, NetworkBuilder>> = {
  mlp: (spec, shapes, rng) => buildMlp(spec as MlpSpec, shapes, rng),
  convEncoder: (spec, shapes, rng) => buildConvEncoder(spec as ConvEncoderSpec, shapes, rng),
  convDecoder: (spec, shapes, rng) => buildConvDecoder(spec as ConvDecoderSpec, shapes, rng),
  unet: (spec, shapes, rng) => buildUNet(spec as UNetSpec, shapes, rng),
}
const defined = new Map<string, NetworkBuilder>()

/**
 * Builds the network that `spec` describes: a layer from `[batch, ...input]` to `[batch, ...output]`.
 *
 * A network of the user's own is tried once on a batch of one, without training, to see that its shapes are right.
 *
 * @throws WinnowError on an unknown kind or field, on impossible sizes, and on a network of other shapes
 */
export function network(spec: Network, shapes: NetworkShapes, rng: Rng): LayerModule {
  checkShape('network: input', shapes.input)
  checkShape('network: output', shapes.output)
  if (typeof spec === 'function') return tried('the function', spec(shapes, rng), shapes)
  check(
    typeof spec === 'object' && spec !== null && typeof spec.kind === 'string',
    () =>
      `network: ${JSON.stringify(spec)} came, expected { kind, ... } such as mlp([512]), or a function`,
  )
  if (Object.hasOwn(builtIn, spec.kind)) {
    return (builtIn[spec.kind] as NetworkBuilder)(spec, shapes, rng)
  }
  const build = defined.get(spec.kind)
  if (build === undefined) {
    throw unknownName('network: kind', spec.kind, [...Object.keys(builtIn), ...defined.keys()])
  }
  return tried(`'${spec.kind}'`, build(spec, shapes, rng), shapes)
}

/**
 * Gives a network of one's own a kind, so that `{ kind, ... }` builds it everywhere, also from a checkpoint. The rest of
 * the spec must be plain JSON.
 *
 * @throws WinnowError when the kind is taken by another builder
 */
export function defineNetwork<S extends NetworkSpec>(kind: string, build: NetworkBuilder<S>): void {
  const known = builtIn[kind] ?? defined.get(kind)
  if (known === (build as unknown)) return
  check(known === undefined, () => `defineNetwork: kind '${kind}' came, which is taken already`)
  defined.set(kind, build as unknown as NetworkBuilder)
}

/** Throws, and disposes what was built, unless it is a layer between these shapes. */
function tried(name: string, layer: LayerModule, { input, output }: NetworkShapes): LayerModule {
  check(
    layer instanceof Module && typeof layer.forward === 'function',
    () => `network: ${name} returned no layer, expected a Module with forward(x, context)`,
  )
  const from = [1, ...input]
  const to = [1, ...output]
  try {
    const shape = shapeOfResult(name, layer, from)
    check(
      shape.join() === to.join(),
      () =>
        `network: ${name} made [${shape.join(', ')}] of [${from.join(', ')}], expected [${to.join(', ')}]`,
    )
  } catch (error) {
    layer.dispose()
    throw error
  }
  return layer
}

function shapeOfResult(name: string, layer: LayerModule, from: number[]): readonly number[] {
  let shape: readonly number[] = []
  tidy(() => {
    try {
      shape = layer.forward(zeros(from)).shape
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new WinnowError(
        `network: ${name} failed on an input of shape [${from.join(', ')}]: ${reason}`,
      )
    }
  })
  return shape
}
