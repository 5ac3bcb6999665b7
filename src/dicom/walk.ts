import { DataSet, type RawElement } from './data-set.js'
import { implicitVr, isKnownVr, isLongVr } from './vr.js'

/**
 * Our own tag walker, beside dcmjs: dcmjs 0.50 throws on a missing preamble, meta header or group length,
 * on old dates and multi-valued character sets, and reads all of Pixel Data. A screening device must open what
 * the field sends, so this one reads element headers only, never throws on damage, and stops at Pixel Data.
 */
const UNDEFINED = 0xffffffff
const ITEM = 0xfffee000
const ITEM_END = 0xfffee00d
const SEQUENCE_END = 0xfffee0dd
const MAX_DEPTH = 24
const MAX_ELEMENTS = 100_000

type Header = { tag: number; vr: string; length: number; value: number }
type Span = { start: number; end: number; depth: number; budget: { elements: number } }

const readTag = (set: DataSet, at: number): number => set.encoding.bigEndian
  ? (set.bytes.readUInt16BE(at) * 65536 + set.bytes.readUInt16BE(at + 2))
  : (set.bytes.readUInt16LE(at) * 65536 + set.bytes.readUInt16LE(at + 2))

const readLength = (set: DataSet, at: number): number => (set.encoding.bigEndian ? set.bytes.readUInt32BE(at) : set.bytes.readUInt32LE(at))

function readHeader(set: DataSet, at: number, end: number): Header | undefined {
  if (at + 8 > end) return undefined
  const tag = readTag(set, at)
  const vr = set.bytes.toString('latin1', at + 4, at + 6)
  const implicit: Header = { tag, vr: implicitVr(tag), length: readLength(set, at + 4), value: at + 8 }
  if (tag >>> 16 === 0xfffe || !set.encoding.explicit) return implicit
  if (isLongVr(vr)) return at + 12 > end ? undefined : { tag, vr, length: readLength(set, at + 8), value: at + 12 }
  const short = set.encoding.bigEndian ? set.bytes.readUInt16BE(at + 6) : set.bytes.readUInt16LE(at + 6)
  if (isKnownVr(vr)) return { tag, vr, length: short, value: at + 8 }
  if (!/^[A-Z]{2}$/.test(vr)) return plausible(implicit, end) ? implicit : { tag, vr: 'UN', length: short, value: at + 8 }
  // A VR of a later edition has the long form (PS3.5 6.2.2); a misspelt one has its length in these two bytes.
  return short === 0 && at + 12 <= end ? { tag, vr: 'UN', length: readLength(set, at + 8), value: at + 12 } : { tag, vr: 'UN', length: short, value: at + 8 }
}

const plausible = (header: Header, end: number): boolean => header.length === UNDEFINED || header.value + header.length <= end

/** Reads elements from `span.start` until its end, an item's end, Pixel Data or damage; gives where it stopped. */
export function walk(set: DataSet, span: Span, stopAt: (tag: number) => boolean = () => false): { at: number; stoppedAt?: Header; damaged: boolean } {
  let at = span.start
  while (at < span.end) {
    const header = readHeader(set, at, span.end)
    if (!header || span.budget.elements-- <= 0) return { at, damaged: true }
    if (header.tag === ITEM_END || header.tag === SEQUENCE_END) return { at: header.value, damaged: false }
    if (stopAt(header.tag)) return { at, stoppedAt: header, damaged: false }
    const next = addElement(set, header, span)
    if (next === undefined) return { at, damaged: true }
    at = next
  }
  return { at, damaged: false }
}

/** Adds one element and gives the offset after it; undefined when its length runs over the end. */
function addElement(set: DataSet, header: Header, span: Span): number | undefined {
  const { tag, vr, length, value } = header
  if (length === UNDEFINED) {
    if (span.depth >= MAX_DEPTH) return undefined
    if (vr === 'OB' || vr === 'OW') return skipFragments(set, value, span.end)
    const inner = vr === 'UN' && set.encoding.explicit ? new DataSet(set.bytes, { explicit: false, bigEndian: false }, set) : set
    const { items, at, damaged } = walkItems(inner, { ...span, start: value, depth: span.depth + 1 })
    set.elements.set(tag, { tag, vr: 'SQ', offset: value, length: at - value, declared: length, items })
    return damaged ? undefined : at
  }
  const present = Math.min(length, span.end - value)
  const element: RawElement = { tag, vr, offset: value, length: present, declared: length }
  if (!set.elements.has(tag)) set.elements.set(tag, element)
  return present < length ? undefined : value + length
}

/** Encapsulated pixels inside a sequence (icons): its items are not data sets. */
function skipFragments(set: DataSet, start: number, end: number): number | undefined {
  let at = start
  while (at + 8 <= end) {
    const tag = readTag(set, at)
    at += 8 + (tag === ITEM ? readLength(set, at + 4) : 0)
    if (tag === SEQUENCE_END) return at
    if (tag !== ITEM) return undefined
  }
  return undefined
}

function walkItems(parent: DataSet, span: Span): { items: DataSet[]; at: number; damaged: boolean } {
  const items: DataSet[] = []
  let at = span.start
  while (at + 8 <= span.end) {
    const tag = readTag(parent, at)
    const length = readLength(parent, at + 4)
    at += 8
    if (tag === SEQUENCE_END) return { items, at, damaged: false }
    if (tag !== ITEM || span.budget.elements-- <= 0) return { items, at: at - 8, damaged: true }
    const item = new DataSet(parent.bytes, parent.encoding, parent)
    const end = length === UNDEFINED ? span.end : Math.min(at + length, span.end)
    const walked = walk(item, { ...span, start: at, end })
    items.push(item)
    if (walked.damaged) return { items, at: walked.at, damaged: true }
    at = length === UNDEFINED ? walked.at : end
  }
  return { items, at, damaged: at < span.end }
}

/** The items of a sequence, none when it is absent or unreadable. */
export function itemsOf(set: DataSet, tag: number): readonly DataSet[] {
  const element = set.elements.get(tag)
  if (!element) return []
  if (element.items) return element.items
  const inner = element.vr === 'UN' && set.encoding.explicit ? new DataSet(set.bytes, { explicit: false, bigEndian: false }, set) : set
  return walkItems(inner, { ...wholeSpan(element.offset, element.offset + element.length), depth: 1 }).items
}

export const wholeSpan = (start: number, end: number): Span => ({ start, end, depth: 0, budget: { elements: MAX_ELEMENTS } })
