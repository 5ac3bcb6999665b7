import { onnxFields, type OnnxField } from './onnx-fields.js'

/**
 * x86 multiplies unsigned activations with signed weights in hardware and has no such step for signed with signed, while
 * TensorRT wants signed activations around zero. A pack's file is signed; before the CPU gets it, its activations become
 * unsigned here: constants named `linear_zero` move from int8 0 to uint8 128 (the very same numbers), those after a Clip
 * (`relu_zero`, `relu_scale/...`) start at 0 and take the whole byte, so that ONNX Runtime drops the Clip (its
 * ClipQuantFusion). Fields of onnx.proto3: ModelProto.graph 7, GraphProto.initializer 5, TensorProto data_type 2, name 8,
 * raw_data 9; training/export.py writes the names.
 */
const GRAPH = 7
const INITIALIZER = 5
const UINT8 = 2
/** Half the range of a byte to all of it; a hair less, so that the range never ends above the Clip's limit. */
const WHOLE_BYTE = 127 / 255.0001

/** Rewrites one constant in place; true when it is one of the three kinds. */
function rewrite(bytes: Uint8Array, tensor: OnnxField): boolean {
  const parts = new Map([...onnxFields(bytes, tensor.begin, tensor.end)].map((field) => [field.number, field]))
  const [type, name, raw] = [parts.get(2), parts.get(8), parts.get(9)]
  if (!type || !name || !raw) return false
  const text = new TextDecoder().decode(bytes.subarray(name.begin, name.end))
  const view = new DataView(bytes.buffer, bytes.byteOffset + raw.begin, raw.end - raw.begin)
  if (text.startsWith('relu_scale/')) {
    view.setFloat32(0, Math.fround(view.getFloat32(0, true) * Math.fround(WHOLE_BYTE)), true)
    return true
  }
  if (text !== 'relu_zero' && text !== 'linear_zero') return false
  bytes[type.begin] = UINT8
  view.setUint8(0, text === 'relu_zero' ? 0 : 128)
  return true
}

/**
 * A copy of a QDQ model's bytes with unsigned activations, or undefined when the file does not carry the names (a float
 * model, or one quantized elsewhere): then it is to be run as it is.
 * @throws {RangeError} when the bytes are no protobuf message
 */
export function unsignedActivations(model: Uint8Array): Uint8Array | undefined {
  const bytes = Uint8Array.from(model)
  let found = false
  for (const graph of onnxFields(bytes, 0, bytes.length)) {
    if (graph.number !== GRAPH) continue
    for (const tensor of onnxFields(bytes, graph.begin, graph.end)) if (tensor.number === INITIALIZER && rewrite(bytes, tensor)) found = true
  }
  return found ? bytes : undefined
}
