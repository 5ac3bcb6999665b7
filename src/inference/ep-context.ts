/** Element types of ONNX (onnx.proto3, TensorProto.DataType). */
export const ONNX_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, bool: 9, float16: 10 } as const
export type OnnxType = keyof typeof ONNX_TYPES

/** An input or output of a model; a free dimension is its name. */
export type ModelPort = { readonly name: string; readonly type: OnnxType; readonly dims: readonly (number | string)[] }
export type ModelShape = { readonly inputs: readonly ModelPort[]; readonly outputs: readonly ModelPort[] }

export type EngineWrapper = ModelShape & {
  /** File of the engine beside the wrapper; ONNX Runtime takes no absolute path and none with `..` in it. */
  readonly engineFile: string
}

const varint = (value: number): Uint8Array => {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) { bytes.push((rest % 128) | 128); rest = Math.floor(rest / 128) }
  return Uint8Array.from([...bytes, rest])
}
const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) { all.set(part, at); at += part.length }
  return all
}
const integer = (field: number, value: number): Uint8Array => join(varint(field * 8), varint(value))
const bytes = (field: number, value: Uint8Array): Uint8Array => join(varint(field * 8 + 2), varint(value.length), value)
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value))

/** AttributeProto.AttributeType: INT 2, STRING 3. */
const intAttribute = (name: string, value: number): Uint8Array => join(text(1, name), integer(3, value), integer(20, 2))
const stringAttribute = (name: string, value: string): Uint8Array => join(text(1, name), text(4, value), integer(20, 3))

/** ValueInfoProto: name, and a tensor type of element type and shape. */
function valueInfo({ name, type, dims }: ModelPort): Uint8Array {
  const shape = join(...dims.map((dim) => bytes(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim))))
  return join(text(1, name), bytes(2, bytes(1, join(integer(1, ONNX_TYPES[type]), bytes(2, shape)))))
}

/**
 * An ONNX file whose one node is a finished TensorRT engine: what ONNX Runtime's `gen_trt_engine_wrapper_onnx_model.py` writes
 * (node and operator `EPContext` of the domain com.microsoft, `embed_mode` 0, `ep_cache_context` the engine's file, graph
 * `trt_engine_wrapper`), with the domain named among the imports too. Protobuf by hand: onnx.proto3, IR version 8, opset 17.
 */
export function wrapEngine({ engineFile, inputs, outputs }: EngineWrapper): Uint8Array {
  const node = join(
    ...inputs.map(({ name }) => text(1, name)), ...outputs.map(({ name }) => text(2, name)), text(3, 'EPContext'), text(4, 'EPContext'),
    bytes(5, intAttribute('embed_mode', 0)), bytes(5, stringAttribute('ep_cache_context', engineFile)), text(7, 'com.microsoft')
  )
  const graph = join(bytes(1, node), text(2, 'trt_engine_wrapper'), ...inputs.map((port) => bytes(11, valueInfo(port))), ...outputs.map((port) => bytes(12, valueInfo(port))))
  const opset = (domain: string, version: number): Uint8Array => bytes(8, join(text(1, domain), integer(2, version)))
  return join(integer(1, 8), text(2, 'screenpost'), bytes(7, graph), opset('', 17), opset('com.microsoft', 1))
}
