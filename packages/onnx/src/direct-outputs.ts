/**
 * Results that the runtime writes where they shall lie.
 *
 * The binding hands ONNX Runtime the arrays that a caller names for outputs, and the runtime fills them; but afterwards the
 * binding copies every output into a new ArrayBuffer all the same, which for the gradients of a small network takes a tenth
 * of a step. It turns outputs into JavaScript in their order, and refuses one that is no tensor. So a model gets an empty
 * sequence as its first output: the run ends with that refusal, after the computation and before the copies.
 */
import { Graph, plan, valueName, writeModel } from '@winnow/graph'
import type { Native, SessionOptions } from './native.ts'

/** The name of the output that is refused. */
export const SEQUENCE = 'sequence'

const known = new WeakMap<object, string | undefined>()

/**
 * The message of the refusal, once a trial has shown that it comes and that results are in place by then; undefined where
 * results have to be taken as they are returned.
 */
export function refusal(native: Native, options: SessionOptions): string | undefined {
  const { binding } = native
  const onCpu = options.executionProviders?.every((provider) => provider === 'cpu') === true
  if (binding === undefined || !onCpu) return undefined
  if (!known.has(binding)) known.set(binding, tried(native))
  return known.get(binding)
}

function tried({ binding, ort }: Native): string | undefined {
  if (binding === undefined) return undefined
  const graph = new Graph()
  const x = graph.input({}, [3], 'float32')
  const sum = graph.emit('Add', [x, x], x)
  const model = writeModel(plan([sum]), { sequence: SEQUENCE })
  binding.initOrt()
  const session = new binding.binding.InferenceSession()
  const result = new Float32Array(3)
  try {
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
    })
    session.run(
      { [valueName(x)]: new ort.Tensor('float32', Float32Array.of(1, 2, 3), [3]) },
      { [SEQUENCE]: null, [valueName(sum)]: new ort.Tensor('float32', result, [3]) },
      {},
    )
  } catch (thrown) {
    return result.join() === '2,4,6' ? (thrown as Error).message : undefined
  } finally {
    session.dispose()
  }
  return undefined
}
