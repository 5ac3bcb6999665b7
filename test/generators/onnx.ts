/** Writes small ONNX models (protobuf, opset 17) so that the runtime is tested without Python and without a trained network. */

type Attribute = { readonly name: string; readonly value: number | readonly number[] | string }
export type OnnxNode = { readonly op: string; readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly attributes?: readonly Attribute[]; readonly domain?: string }
export type OnnxTensor = { readonly name: string; readonly dims: readonly number[]; readonly values: readonly number[] }
export type OnnxValue = { readonly name: string; readonly dims: readonly number[] }
export type OnnxGraph = { readonly nodes: readonly OnnxNode[]; readonly initializers: readonly OnnxTensor[]; readonly inputs: readonly OnnxValue[]; readonly outputs: readonly OnnxValue[] }

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) { bytes.push((rest % 128) | 128); rest = Math.floor(rest / 128) }
  return Buffer.from([...bytes, rest])
}
const integer = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)])
const bytes = (field: number, value: Buffer): Buffer => Buffer.concat([varint(field * 8 + 2), varint(value.length), value])
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value))
const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer)
const FLOAT = 1

function attribute({ name, value }: Attribute): Buffer {
  if (typeof value === 'string') return Buffer.concat([text(1, name), text(4, value), integer(20, 3)])
  if (typeof value === 'number') return Buffer.concat([text(1, name), integer(3, value), integer(20, 2)])
  return Buffer.concat([text(1, name), ...value.map((item) => integer(8, item)), integer(20, 7)])
}

const node = ({ op, inputs, outputs, attributes = [], domain }: OnnxNode): Buffer => Buffer.concat([
  ...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op),
  ...attributes.map((item) => bytes(5, attribute(item))), ...(domain ? [text(7, domain)] : [])
])

const tensor = ({ name, dims, values }: OnnxTensor): Buffer =>
  Buffer.concat([...dims.map((dim) => integer(1, dim)), integer(2, FLOAT), text(8, name), bytes(9, floats(values))])

function valueInfo({ name, dims }: OnnxValue): Buffer {
  const shape = Buffer.concat(dims.map((dim) => bytes(1, integer(1, dim))))
  return Buffer.concat([text(1, name), bytes(2, bytes(1, Buffer.concat([integer(1, FLOAT), bytes(2, shape)])))])
}

/** The bytes of a model file. */
export function writeOnnx(graph: OnnxGraph): Buffer {
  const body = Buffer.concat([
    ...graph.nodes.map((item) => bytes(1, node(item))), text(2, 'test'), ...graph.initializers.map((item) => bytes(5, tensor(item))),
    ...graph.inputs.map((item) => bytes(11, valueInfo(item))), ...graph.outputs.map((item) => bytes(12, valueInfo(item)))
  ])
  return Buffer.concat([integer(1, 8), text(2, 'screenpost-test'), bytes(7, body), bytes(8, Buffer.concat([text(1, ''), integer(2, 17)]))])
}

export type LinearModel = {
  readonly size: number
  /** One row of three weights for each logit, over the channel averages. */
  readonly weights: readonly (readonly [number, number, number])[]
  readonly bias: readonly number[]
  /** Weights and bias of the quality logit. */
  readonly quality?: readonly [number, number, number, number]
}

/**
 * Averages each input channel and weighs the averages: outputs `logits` [1,K], `activation` [1,K,size/8,size/8] (the same weights at
 * each place, so its average plus the bias is the logit), `embedding` [1,3], and `quality` [1,1] when asked for. Input `input` [1,3,size,size].
 */
export function linearModel({ size, weights, bias, quality }: LinearModel): Buffer {
  const classes = weights.length
  const map = size / 8
  return writeOnnx({
    inputs: [{ name: 'input', dims: [1, 3, size, size] }],
    outputs: [
      { name: 'logits', dims: [1, classes] }, { name: 'activation', dims: [1, classes, map, map] }, { name: 'embedding', dims: [1, 3] },
      ...(quality ? [{ name: 'quality', dims: [1, 1] }] : [])
    ],
    initializers: [
      { name: 'w', dims: [classes, 3], values: weights.flat() }, { name: 'b', dims: [classes], values: bias },
      { name: 'k', dims: [classes, 3, 1, 1], values: weights.flat() },
      ...(quality ? [{ name: 'qw', dims: [1, 3], values: quality.slice(0, 3) }, { name: 'qb', dims: [1], values: quality.slice(3) }] : [])
    ],
    nodes: [
      { op: 'AveragePool', inputs: ['input'], outputs: ['small'], attributes: [{ name: 'kernel_shape', value: [8, 8] }, { name: 'strides', value: [8, 8] }] },
      { op: 'Conv', inputs: ['small', 'k'], outputs: ['activation'], attributes: [{ name: 'kernel_shape', value: [1, 1] }] },
      { op: 'GlobalAveragePool', inputs: ['input'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['embedding'] },
      { op: 'Gemm', inputs: ['embedding', 'w', 'b'], outputs: ['logits'], attributes: [{ name: 'transB', value: 1 }] },
      ...(quality ? [{ op: 'Gemm', inputs: ['embedding', 'qw', 'qb'], outputs: ['quality'], attributes: [{ name: 'transB', value: 1 }] }] : [])
    ]
  })
}
