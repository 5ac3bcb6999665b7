import { createRequire } from 'node:module'

type Stream = { readonly view: { readonly byteLength: number }; slice(start: number, end: number): ArrayBuffer }
type Library = { readonly data: { readonly ReadBufferStream: { readonly prototype: Stream } } }

const require = createRequire(import.meta.url)
let bounded = false

/**
 * dcmjs (0.50.3) gives an element that announces more bytes than came a buffer of what it announces: a few bytes of a stranger's
 * command ask for 4 GB. Its reader throws RangeError here instead; dcmjs-dimse then goes by what stood before that element.
 */
export function boundDicomReading(): void {
  if (bounded) return
  bounded = true
  // The build that dcmjs-dimse loads; an import would give another.
  const reader = (require('dcmjs') as Library).data.ReadBufferStream.prototype
  const slice = reader.slice
  reader.slice = function (this: Stream, start, end) {
    if (end > this.view.byteLength) throw new RangeError('An element announces more bytes than there are.')
    return slice.call(this, start, end)
  }
}
