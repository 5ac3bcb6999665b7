import type { OpenedObject } from './part10.js'

/** Encapsulated Pixel Data cut into its items: the Basic Offset Table and the fragments with their offsets from the first one. */
export type Fragments = {
  readonly offsetTable: number[]
  readonly parts: { readonly offset: number; readonly bytes: Buffer }[]
  /** The sequence has no end: the file stops early. */
  readonly truncated: boolean
  /** The last fragment is shorter than it says. */
  readonly cut: boolean
}

const ITEM = 0xe000fffe
const SEQUENCE_END = 0xe0ddfffe

/** Reads the items after Pixel Data's header (PS3.5 A.4); a last fragment cut short is kept and `truncated` said. */
export function pixelFragments({ dataSet, pixelData }: OpenedObject): Fragments {
  const bytes = dataSet.bytes
  const parts: { offset: number; bytes: Buffer }[] = []
  let offsetTable: number[] | undefined
  let at = pixelData?.offset ?? bytes.length
  let first = at
  while (at + 8 <= bytes.length) {
    const tag = bytes.readUInt32LE(at)
    const length = bytes.readUInt32LE(at + 4)
    if (tag === SEQUENCE_END) return { offsetTable: offsetTable ?? [], parts, truncated: false, cut: false }
    if (tag !== ITEM) break
    const value = bytes.subarray(at + 8, Math.min(at + 8 + length, bytes.length))
    if (offsetTable) parts.push({ offset: at - first, bytes: value })
    else offsetTable = Array.from({ length: Math.floor(value.length / 4) }, (_, i) => value.readUInt32LE(i * 4))
    if (value.length < length) return { offsetTable: offsetTable ?? [], parts, truncated: true, cut: true }
    at += 8 + length
    if (parts.length === 0) first = at
  }
  return { offsetTable: offsetTable ?? [], parts, truncated: true, cut: false }
}

/** Extended Offset Table (PS3.3 C.7.6.3.1.8) where present, else the basic one. */
function offsetsOf(object: OpenedObject, fragments: Fragments): number[] {
  const extended = object.dataSet.raw(0x7fe00001)
  if (extended.length >= 8) return Array.from({ length: Math.floor(extended.length / 8) }, (_, i) => Number(extended.readBigUInt64LE(i * 8)))
  return fragments.offsetTable
}

const isStart = (bytes: Buffer): boolean => bytes.length >= 2 && bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f)

/** How many frames there may be when nothing says so: fragments that begin with a start-of-image marker. */
function groupByMarker(parts: readonly Buffer[]): Buffer[][] {
  const frames: Buffer[][] = []
  for (const part of parts) {
    const last = frames.at(-1)
    if (!last || isStart(part)) frames.push([part])
    else last.push(part)
  }
  return frames
}

function groupByOffset(fragments: Fragments, offsets: readonly number[]): Buffer[][] | undefined {
  const frames: Buffer[][] = offsets.map(() => [])
  const starts = new Map(offsets.map((offset, index) => [offset, index]))
  if (starts.size !== offsets.length || !starts.has(0)) return undefined
  let current = 0
  let seen = 0
  for (const part of fragments.parts) {
    const start = starts.get(part.offset)
    if (start !== undefined) {
      current = start
      seen++
    }
    frames[current]?.push(part.bytes)
  }
  return seen === offsets.length || fragments.truncated ? frames : undefined
}

/**
 * The fragments of each frame, joined by the offset tables when they fit the fragments, one to one when the
 * counts agree, all in one for a single frame, else by the markers that begin an image.
 */
export function frameParts(object: OpenedObject, frames: number): { frames: Buffer[]; truncated: boolean; cut: boolean } {
  const fragments = pixelFragments(object)
  const parts = fragments.parts.map((part) => part.bytes)
  const offsets = offsetsOf(object, fragments)
  const grouped = frames === 1 ? [parts]
    : (offsets.length === frames ? groupByOffset(fragments, offsets) : undefined)
      ?? (parts.length === frames ? parts.map((part) => [part]) : groupByMarker(parts))
  return { frames: grouped.map((group) => (group.length === 1 && group[0] ? group[0] : Buffer.concat(group))), truncated: fragments.truncated, cut: fragments.cut }
}
