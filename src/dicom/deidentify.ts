import dcmjs from 'dcmjs'
import { DataSet, type RawElement } from './data-set.js'
import { CONFIDENTIALITY_TABLE, type BasicAction, type ConfidentialityRow } from './deidentify-table.js'
import { dummyValue, otherUids, shiftedDates, type Pseudonyms } from './deidentify-values.js'
import { element, sequence, textValue } from './encode-element.js'
import { metaHeader } from './meta-header.js'
import { openObject } from './part10.js'
import { TRANSFER_SYNTAX } from './uids.js'
import { itemsOf, walk, wholeSpan } from './walk.js'

export type { Pseudonyms } from './deidentify-values.js'

export type DeidentifyTerms = {
  readonly pseudonyms: Pseudonyms
  /** The content tree is ours and was written without names: it is cleaned, not removed. */
  readonly ownContent?: boolean
  /** Whether nothing that could tell is to be seen in the pixels, or was masked. */
  readonly pixelsAreClean: boolean
}

const ROWS: ReadonlyMap<number, ConfidentialityRow> = new Map(CONFIDENTIALITY_TABLE.map((row) => [Number.parseInt(row[0], 16), row]))
const PATIENT_TAGS: ReadonlySet<number> = new Set([0x00100010, 0x00100020])
const CONTENT_SEQUENCE = 0x0040a730
const TEXT_OF_OURS = 0x0040a160

/**
 * A received or own object without what could tell who it is of: the Basic Application Level Confidentiality Profile of PS3.15 annex E with Clean
 * Pixel Data, Retain Longitudinal Temporal Information with Modified Dates and Retain Device Identity. Private attributes and what is in no
 * dictionary go. Undefined where the object can not be read to its end.
 */
export function deidentify(file: Uint8Array, terms: DeidentifyTerms): Buffer | undefined {
  const opened = openObject(file)
  if (!opened || opened.damaged || opened.transferSyntaxUid === TRANSFER_SYNTAX.deflated) return undefined
  const { dataSet, transferSyntaxUid } = opened
  const kept = new Map(cleanSet(dataSet, terms))
  for (const [tag, bytes] of declarations(dataSet, terms)) kept.set(tag, bytes)
  const sopClassUid = dataSet.strings(0x00080016)[0] ?? ''
  const sopInstanceUid = terms.pseudonyms.uid(dataSet.strings(0x00080018)[0] ?? '')
  const pixels = pixelSpan(dataSet, opened.dataSetOffset)
  const elements = [...kept].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
  return Buffer.concat([metaHeader({ sopClassUid, sopInstanceUid, transferSyntaxUid }), ...elements, pixels])
}

/** Pixel Data with its header; trailing padding and signatures after it go. */
function pixelSpan(dataSet: DataSet, start: number): Buffer {
  const elements = [...dataSet.elements.values()]
  const from = elements.reduce((end, { offset, length }) => Math.max(end, offset + length), start)
  const { stoppedAt } = walk(new DataSet(dataSet.bytes, dataSet.encoding), wholeSpan(from, dataSet.bytes.length), () => true)
  if (!stoppedAt || stoppedAt.tag >>> 16 !== 0x7fe0) return Buffer.alloc(0)
  const end = stoppedAt.length === 0xffffffff ? dataSet.bytes.length : stoppedAt.value + stoppedAt.length
  return dataSet.bytes.subarray(from, end)
}

function cleanSet(set: DataSet, terms: DeidentifyTerms): [number, Buffer][] {
  return [...set.elements.values()].flatMap((one): [number, Buffer][] => {
    const bytes = isRemovedByRule(one.tag) ? undefined : cleanElement(set, one, terms)
    return bytes ? [[one.tag, bytes]] : []
  })
}

/** Group lengths, what belongs to no data set, private groups, curves, overlays, padding. */
function isRemovedByRule(tag: number): boolean {
  const group = tag >>> 16
  return (tag & 0xffff) === 0 || group < 0x0008 || group % 2 === 1 || (group & 0xff00) === 0x5000 || (group & 0xff00) === 0x6000 || group === 0xfffc
}

function cleanElement(set: DataSet, one: RawElement, terms: DeidentifyTerms): Buffer | undefined {
  const vr = vrOf(one)
  if (vr === undefined) return undefined
  const [, , basic, dates, device] = ROWS.get(one.tag) ?? []
  const put = (value: Buffer): Buffer => element(set.encoding, { tag: one.tag, vr, value })
  if (PATIENT_TAGS.has(one.tag)) return put(textValue(terms.pseudonyms.patient, vr))
  const stays = basic === undefined || device === 'K' || (terms.ownContent && isOwnContent(one.tag))
  if (stays && vr === 'SQ') return cleanItems(set, one, terms)
  if (stays) return put(vr === 'UI' && device !== 'K' ? otherUids(set, one, terms.pseudonyms) : Buffer.from(set.raw(one.tag)))
  if (dates === 'C' && /^(DA|DT|TM)$/.test(vr)) return put(shiftedDates(set, one, vr, terms.pseudonyms))
  return acted(set, one, { basic, vr, terms })
}

const isOwnContent = (tag: number): boolean => tag === CONTENT_SEQUENCE || tag === TEXT_OF_OURS

type Act = { readonly basic: BasicAction; readonly vr: string; readonly terms: DeidentifyTerms }

/** Of a choice the one that is right whatever the attribute's type: emptied rather than removed, a dummy rather than emptied. */
function acted(set: DataSet, one: RawElement, { basic, vr, terms }: Act): Buffer | undefined {
  const put = (value: Buffer): Buffer => element(set.encoding, { tag: one.tag, vr, value })
  if (basic === 'X') return undefined
  if (basic === 'U' || basic === 'X/Z/U*') return vr === 'SQ' ? cleanItems(set, one, terms) : put(otherUids(set, one, terms.pseudonyms))
  if (vr === 'SQ') return basic === 'X/D' ? undefined : sequence(set.encoding, one.tag, [])
  if (basic === 'Z' || basic === 'X/Z') return put(Buffer.alloc(0))
  return put(vr === 'UI' ? otherUids(set, one, terms.pseudonyms) : dummyValue(vr, one.length))
}

const cleanItems = (set: DataSet, one: RawElement, terms: DeidentifyTerms): Buffer =>
  sequence(set.encoding, one.tag, itemsOf(set, one.tag).map((item) => Buffer.concat(cleanSet(item, terms).sort(([a], [b]) => a - b).map(([, bytes]) => bytes))))

/** As the object says, else as PS3.6 does; undefined for what neither knows. */
function vrOf({ tag, vr, items }: RawElement): string | undefined {
  if (items || vr === 'SQ') return 'SQ'
  const hex = tag.toString(16).padStart(8, '0').toUpperCase()
  const known = dcmjs.data.DicomMetaDictionary.dictionary[`(${hex.slice(0, 4)},${hex.slice(4)})`]?.vr ?? (ROWS.has(tag) ? 'UN' : undefined)
  if (vr !== 'UN' && ROWS.has(tag)) return vr
  if (known === undefined) return undefined
  return vr !== 'UN' ? vr : known.length === 2 ? known : known.startsWith('US') ? 'US' : 'UN'
}

const METHODS = [
  ['113100', 'Basic Application Confidentiality Profile'], ['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'], ['113109', 'Retain Device Identity Option']
] as const
const CLEAN_PIXELS = ['113101', 'Clean Pixel Data Option'] as const

/** What was done, said in the object (PS3.15 E.1.1 step 6 and PS3.3 C.7.1.1). */
function declarations({ encoding }: DataSet, { pixelsAreClean, ownContent }: DeidentifyTerms): [number, Buffer][] {
  const text = (tag: number, vr: string, value: string): [number, Buffer] => [tag, element(encoding, { tag, vr, value: textValue(value, vr) })]
  const methods = [...METHODS, ...(pixelsAreClean && !ownContent ? [CLEAN_PIXELS] : []), ...(ownContent ? [['113104', 'Clean Structured Content Option'] as const] : [])]
  const codes = methods.map(([value, meaning]) => Buffer.concat([text(0x00080100, 'SH', value)[1], text(0x00080102, 'SH', 'DCM')[1], text(0x00080104, 'LO', meaning)[1]]))
  return [
    text(0x00120062, 'CS', 'YES'), text(0x00120063, 'LO', 'PS3.15 annex E Basic Profile'), [0x00120064, sequence(encoding, 0x00120064, codes)],
    text(0x00280303, 'CS', 'MODIFIED'), ...(pixelsAreClean && !ownContent ? [text(0x00280301, 'CS', 'NO')] : [])
  ]
}
