/**
 * Definition of a kernel's gradient, and its form in the registry of tfjs.
 *
 * A definition names the inputs whose values it needs; their shapes it can always ask for. Shapes come from the tape
 * node itself, so an addition or a sum keeps none of its inputs alive until the backward pass (stock tfjs keeps all).
 */
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'
import { engine } from '@tensorflow/tfjs-core'
import { WinnowError } from '../error.ts'
import { needsHigherOrder } from './higher-order.ts'

/** For each input name, a function that computes the gradient for it: float32, of the input's shape, a new tensor. */
export type InputGradients = Record<string, () => Tensor>

/** What a backward function can ask about the forward call. */
export interface Recorded {
  /** The kernel's attributes. */
  readonly attributes: NamedAttrMap
  /** The gradient of each output; zeros for an output that was not used. */
  readonly outputGradients: readonly Tensor[]
  /** The names of the inputs; `'0'`, `'1'`... where the kernel takes a list. */
  readonly names: readonly string[]
  /** The shape of an input. */
  shape(input: string): number[]
}

/** One way to record a kernel: what is saved, and how it goes backward. */
export interface Form<Input extends string> {
  /** Inputs saved with their values. An input that the call leaves out is not saved. */
  readonly save?: readonly Input[] | 'all'
  /** Index of the one output that is saved. */
  readonly output?: number
  /** Gradients for the inputs, given the gradient of the (first) output. */
  readonly backward: (
    gradient: Tensor,
    saved: Record<Input | 'output', Tensor>,
    recorded: Recorded,
  ) => InputGradients
}

/** A kernel's gradient as it is written in these files. */
export interface KernelGradient {
  readonly kernel: string
  readonly config: GradConfig
}

/**
 * Defines the gradient of `kernel`.
 *
 * @param form recorded by default.
 * @param twice recorded where the gradient must be differentiable itself; only where `form` is not.
 */
export function defineGradient<Input extends string = never>(
  kernel: string,
  form: Form<Input>,
  twice: Form<Input> = form,
): KernelGradient {
  const current = (): Form<Input> => (needsHigherOrder() ? twice : form)
  // Getters: tfjs reads them while it records one call, so each call is recorded wholly in one form.
  const config: GradConfig = {
    kernelName: kernel,
    get inputsToSave(): string[] {
      const { save = [] } = current()
      return save === 'all' ? [] : PresentNames.from(save)
    },
    get saveAllInputs(): boolean {
      return current().save === 'all'
    },
    get outputsToSave(): boolean[] {
      const { output } = current()
      return output === undefined ? [] : Array.from({ length: output + 1 }, (_, i) => i === output)
    },
    get gradFunc(): GradConfig['gradFunc'] {
      return backwardOf(kernel, current())
    },
  }
  return { kernel, config }
}

/** tfjs maps names to inputs and would clone `undefined` for an optional one that is absent (batchNorm's scale). */
class PresentNames extends Array<string> {
  override map<U>(fn: (name: string, index: number, all: string[]) => U): U[] {
    const plain: string[] = Array.from(this)
    return plain.map(fn).filter((value) => value !== undefined && value !== null)
  }
}

function backwardOf<Input extends string>(
  kernel: string,
  form: Form<Input>,
): GradConfig['gradFunc'] {
  // Read by addTapeNode just before it pushes the node of this call: the node's place on the tape is known here.
  const tape = engine().state.activeTape
  const place = tape?.length ?? 0
  return (gradients, savedTensors, attributes) => {
    const node = tape?.[place]
    if (node === undefined || node.kernelName !== kernel) {
      throw new WinnowError(
        `gradient of ${kernel}: it can only be called by the backward pass of its own recording`,
      )
    }
    const outputGradients = Array.isArray(gradients) ? gradients : [gradients]
    const inputs = node.inputs as Record<string, Tensor | undefined>
    const names = Object.keys(inputs).filter((name) => inputs[name] !== undefined)
    const saved: Record<string, Tensor> = {}
    const savedNames =
      form.save === 'all' ? names : (form.save ?? []).filter((name) => names.includes(name))
    savedNames.forEach((name, i) => {
      saved[name] = savedTensors[i] as Tensor
    })
    if (form.output !== undefined) saved['output'] = savedTensors[savedNames.length] as Tensor
    return form.backward(outputGradients[0] as Tensor, saved as Record<Input | 'output', Tensor>, {
      attributes,
      outputGradients,
      names,
      shape(input) {
        const tensor = inputs[input]
        if (tensor === undefined)
          throw new WinnowError(`gradient of ${kernel}: no input named '${input}'`)
        return tensor.shape
      },
    })
  }
}
