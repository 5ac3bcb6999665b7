/** One field of a protobuf message: its number, and where its content lies in the bytes. */
export type OnnxField = { readonly number: number; readonly begin: number; readonly end: number }

function varint(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0
  let scale = 1
  for (let next = at; next < bytes.length; next++) {
    value += (bytes[next]! & 127) * scale
    scale *= 128
    if (bytes[next]! < 128) return { value, next: next + 1 }
  }
  throw new RangeError('the model file ends inside a number')
}

/** End of a field's content that begins at `at`, by its wire type; a length-prefixed field's content starts behind the length. */
function extent(bytes: Uint8Array, at: number, wireType: number): { begin: number; end: number } {
  if (wireType === 1) return { begin: at, end: at + 8 }
  if (wireType === 5) return { begin: at, end: at + 4 }
  const { value, next } = varint(bytes, at)
  return wireType === 2 ? { begin: next, end: next + value } : { begin: at, end: next }
}

/**
 * The fields of the protobuf message between `begin` and `end`, in the file's order.
 * @throws {RangeError} when the bytes are no protobuf message
 */
export function* onnxFields(bytes: Uint8Array, begin: number, end: number): Generator<OnnxField> {
  for (let at = begin; at < end;) {
    const tag = varint(bytes, at)
    const found = extent(bytes, tag.next, tag.value % 8)
    if (found.end > end) throw new RangeError('the model file ends inside a field')
    yield { number: Math.floor(tag.value / 8), ...found }
    at = found.end
  }
}
