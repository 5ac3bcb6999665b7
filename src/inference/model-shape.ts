import { InferenceSession } from 'onnxruntime-node'
import { ONNX_TYPES } from './ep-context.js'
import type { ModelPort, ModelShape, OnnxType } from './ep-context.js'

const isKnown = (type: string): type is OnnxType => Object.hasOwn(ONNX_TYPES, type)

function port(value: InferenceSession.ValueMetadata): ModelPort {
  if (!value.isTensor || !isKnown(value.type)) throw new TypeError(`${value.name}: only tensors of ${Object.keys(ONNX_TYPES).join(', ')} can be inputs or outputs of an engine`)
  return { name: value.name, type: value.type, dims: [...value.shape] }
}

/**
 * Names, element types and shapes of a model's inputs and outputs, as the CPU runtime reads them.
 * @throws what ONNX Runtime says when it can't read the model
 */
export async function readModelShape(modelPath: string): Promise<ModelShape> {
  const session = await InferenceSession.create(modelPath, { executionProviders: ['cpu'], graphOptimizationLevel: 'disabled', logSeverityLevel: 4 })
  try {
    return { inputs: session.inputMetadata.map(port), outputs: session.outputMetadata.map(port) }
  } finally {
    await session.release()
  }
}
