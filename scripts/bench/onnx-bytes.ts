import { onnxFields } from '../../src/inference/onnx-fields.js'

/** onnx.proto3: ModelProto.graph, GraphProto.node, NodeProto.input, output, name and op_type. */
const GRAPH = 7
const NODE = 1
const NODE_FIELD = { input: 1, output: 2, name: 3, operator: 4 } as const

type Node = { readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly operator: string }

/** A protobuf number. */
export function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}

/** A length-prefixed field. */
export const field = (number: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(content.length)]), content])
export const text = (number: number, value: string): Uint8Array => field(number, Buffer.from(value))
export const integer = (number: number, value: number): Uint8Array => Uint8Array.from([...varint(number * 8), ...varint(value)])

function readNode(bytes: Uint8Array, begin: number, end: number): Node {
  const strings = (wanted: number): string[] => [...onnxFields(bytes, begin, end)]
    .filter(({ number }) => number === wanted).map((each) => Buffer.from(bytes.subarray(each.begin, each.end)).toString())
  return { inputs: strings(NODE_FIELD.input), outputs: strings(NODE_FIELD.output), operator: strings(NODE_FIELD.operator)[0] ?? '' }
}

const identity = (from: string, to: string): Uint8Array => field(NODE, Buffer.concat([text(NODE_FIELD.input, from), text(NODE_FIELD.output, to), text(NODE_FIELD.operator, 'Identity')]))

/** The graph without the quantization of activations; what dequantizes weights stays and is folded away when the model is opened. */
function floatGraph(graph: Uint8Array): Uint8Array {
  const all = [...onnxFields(graph, 0, graph.length)].map((each) => ({ ...each, content: graph.subarray(each.begin, each.end) }))
  const nodes = new Map(all.filter(({ number }) => number === NODE).map((each) => [each, readNode(graph, each.begin, each.end)]))
  const sources = new Map([...nodes.values()].filter(({ operator }) => operator === 'QuantizeLinear').map(({ inputs, outputs }) => [outputs[0]!, inputs[0]!]))
  return Buffer.concat(all.map((each) => {
    const node = nodes.get(each)
    if (node?.operator === 'QuantizeLinear') return new Uint8Array()
    const source = node?.operator === 'DequantizeLinear' ? sources.get(node.inputs[0]!) : undefined
    return source === undefined ? field(each.number, each.content) : identity(source, node!.outputs[0]!)
  }))
}

/**
 * The FP32 twin of a QDQ model, in memory: the same graph and the same (rounded) weights without a quantized activation.
 * Only for timing beside the INT8 model; every other field is copied as it stands.
 */
export function floatTwin(model: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  let from = 0
  for (const each of onnxFields(model, 0, model.length)) {
    parts.push(each.number === GRAPH ? field(GRAPH, floatGraph(model.subarray(each.begin, each.end))) : model.subarray(from, each.end))
    from = each.end
  }
  return Buffer.concat(parts)
}

const shape = (size: number): Uint8Array => Buffer.concat([size, size].map((dim) => field(1, integer(1, dim))))
const port = (name: string, type: number, size: number): Uint8Array =>
  Buffer.concat([text(1, name), field(2, field(1, Buffer.concat([integer(1, type), field(2, shape(size))])))])

/** A model that multiplies a square uint8 matrix `a` by a square int8 matrix `b` (operator MatMulInteger). */
export function matrixProduct(size: number): Uint8Array {
  const node = Buffer.concat([text(1, 'a'), text(1, 'b'), text(2, 'c'), text(4, 'MatMulInteger')])
  const graph = Buffer.concat([field(1, node), text(2, 'product'), field(11, port('a', 2, size)), field(11, port('b', 3, size)), field(12, port('c', 6, size))])
  return Buffer.concat([integer(1, 8), field(7, graph), field(8, integer(2, 17))])
}
