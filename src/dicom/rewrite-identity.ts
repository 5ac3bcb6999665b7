import type { DataSet } from './data-set.js'
import { element, sequence, textValue } from './encode-element.js'
import { metaHeader } from './meta-header.js'
import { openObject } from './part10.js'
import { TRANSFER_SYNTAX } from './uids.js'
import { itemsOf, walk, wholeSpan } from './walk.js'

/** Who an object is to be of; empty text where it is not known. `modifiedAt` is DICOM DT (PS3.5 6.2). */
export type IdentityValues = {
  readonly patientName: string
  readonly patientId: string
  readonly patientBirthDate: string
  readonly patientSex: string
  readonly modifiedAt: string
  readonly modifyingSystem: string
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly uids?: ReissuedUids
  /** The eye, or side of the body, that a person said in place of the object's own. */
  readonly side?: 'L' | 'R'
}

/** Of an object that leaves anew because it had been given to somebody else, or to the other eye; one that is as it was is not touched. */
export type ReissuedUids = { readonly sopInstanceUid: string; readonly seriesInstanceUid: string; readonly studyInstanceUid: string }

const SPECIFIC_CHARACTER_SET = 0x00080005
const ORIGINAL_ATTRIBUTES = 0x04000561
const NAME = 0x00100010
const IDENTITY_TAGS: readonly (readonly [tag: number, vr: string, key: 'patientName' | 'patientId' | 'patientBirthDate' | 'patientSex'])[] = [
  [NAME, 'PN', 'patientName'], [0x00100020, 'LO', 'patientId'], [0x00100030, 'DA', 'patientBirthDate'], [0x00100040, 'CS', 'patientSex']
]
const UID_TAGS: readonly (readonly [tag: number, key: keyof ReissuedUids])[] = [[0x00080018, 'sopInstanceUid'], [0x0020000d, 'studyInstanceUid'], [0x0020000e, 'seriesInstanceUid']]
const IMAGE_LATERALITY = 0x00200062
const LATERALITY = 0x00200060
const TEXT_VRS: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT'])

/**
 * The same object with another identity: name, number, birth date and sex are replaced, and the side where one is told; what was there is kept in
 * Original Attributes Sequence (PS3.3 C.12.1.1.9, reason COERCE, or CORRECT with a side), and everything else, pixel data above all, stays byte for byte. Undefined where it can not be done
 * without touching other text: a deflated object, one that mixes a name in another script with text of an older character set,
 * or one whose frames say the other side.
 */
export function rewriteIdentity(file: Uint8Array, values: IdentityValues): Buffer | undefined {
  const opened = openObject(file)
  if (!opened || opened.damaged || opened.transferSyntaxUid === TRANSFER_SYNTAX.deflated) return undefined
  const { dataSet, transferSyntaxUid } = opened
  const unicode = needsUnicode(dataSet, values)
  if (unicode === 'impossible' || (values.side !== undefined && framesSayOther(dataSet, values.side))) return undefined
  const replaced = new Map<number, Buffer>(IDENTITY_TAGS.map(([tag, vr, key]) => [tag, element(dataSet.encoding, { tag, vr, value: textValue(values[key], vr) })]))
  for (const [tag, key] of newUids(dataSet, values)) replaced.set(tag, element(dataSet.encoding, { tag, vr: 'UI', value: textValue(values.uids![key], 'UI') }))
  for (const tag of values.side === undefined ? [] : sideTags(dataSet)) replaced.set(tag, element(dataSet.encoding, { tag, vr: 'CS', value: textValue(values.side!, 'CS') }))
  replaced.set(ORIGINAL_ATTRIBUTES, originalAttributes(dataSet, values))
  if (unicode) replaced.set(SPECIFIC_CHARACTER_SET, element(dataSet.encoding, { tag: SPECIFIC_CHARACTER_SET, vr: 'CS', value: textValue('ISO_IR 192', 'CS') }))
  const head = metaHeader({ sopClassUid: values.sopClassUid, sopInstanceUid: values.sopInstanceUid, transferSyntaxUid })
  return Buffer.concat([head, ...merged(dataSet, opened.dataSetOffset, replaced)])
}

const newUids = (dataSet: DataSet, { uids }: { readonly uids?: ReissuedUids | undefined }) => UID_TAGS.filter(([tag, key]) => uids && dataSet.strings(tag)[0] !== uids[key])

/** Image Laterality and Laterality where the object has them, and the first where it has neither. */
function sideTags(dataSet: DataSet): number[] {
  const there = [LATERALITY, IMAGE_LATERALITY].filter((tag) => dataSet.has(tag))
  return there.length > 0 ? there : [IMAGE_LATERALITY]
}

/** Frame Laterality in the functional groups of an enhanced object, which is not rewritten. */
const framesSayOther = (dataSet: DataSet, side: 'L' | 'R'): boolean =>
  [0x52009229, 0x52009230].flatMap((groups) => itemsOf(dataSet, groups)).flatMap((group) => itemsOf(group, 0x00209071))
    .some((anatomy) => { const said = anatomy.strings(0x00209072)[0]; return (said === 'L' || said === 'R') && said !== side })

/** Text of the object that is not ASCII can't be reread under another character set. */
function needsUnicode(dataSet: DataSet, values: IdentityValues): boolean | 'impossible' {
  const ascii = /^[\x20-\x7e]*$/.test(values.patientName + values.patientId)
  if (ascii || dataSet.characterSets().some((set) => /192/.test(set))) return false
  const foreign = [...dataSet.elements.values()].some(({ tag, vr }) => (TEXT_VRS.has(vr) || vr === 'UN' || vr === 'SQ') && !isIdentity(tag) && dataSet.raw(tag).some((byte) => byte > 0x7e || byte === 0x1b))
  return foreign ? 'impossible' : true
}

const isIdentity = (tag: number): boolean => IDENTITY_TAGS.some(([each]) => each === tag)

/** Slices of the original with the replaced elements in their place, in order of tags. */
function merged(dataSet: DataSet, start: number, replaced: ReadonlyMap<number, Buffer>): Buffer[] {
  const pieces: Buffer[] = []
  const left = [...replaced.entries()].sort(([a], [b]) => a - b)
  for (const { tag, from, to } of spans(dataSet, start)) {
    while (left.length > 0 && left[0]![0] <= tag) pieces.push(left.shift()![1])
    if (!replaced.has(tag)) pieces.push(dataSet.bytes.subarray(from, to))
  }
  pieces.push(...left.map(([, bytes]) => bytes))
  return pieces
}

type ElementSpan = { readonly tag: number; readonly from: number; readonly to: number }

/** Where each top-level element lies with its header; Pixel Data and what follows it is the last. */
function spans(dataSet: DataSet, start: number): ElementSpan[] {
  const found: ElementSpan[] = []
  let at = start
  const elements = [...dataSet.elements.values()].sort((a, b) => a.offset - b.offset)
  for (const { tag, offset, length } of elements) {
    found.push({ tag, from: at, to: offset + length })
    at = offset + length
  }
  const pixels = walk(dataSet, wholeSpan(at, dataSet.bytes.length), () => true)
  if (at < dataSet.bytes.length) found.push({ tag: pixels.stoppedAt?.tag ?? 0xffffffff, from: at, to: dataSet.bytes.length })
  return found
}

/** One item more than the object came with; its own character set travels with the old text. */
function originalAttributes(dataSet: DataSet, { modifiedAt, modifyingSystem, uids, side }: IdentityValues): Buffer {
  const { encoding } = dataSet
  const kept = [SPECIFIC_CHARACTER_SET, ...newUids(dataSet, { uids }).map(([tag]) => tag), ...(side === undefined ? [] : sideTags(dataSet)), ...IDENTITY_TAGS.map(([tag]) => tag)].filter((tag) => dataSet.has(tag)).sort((a, b) => a - b)
  const old = Buffer.concat(kept.map((tag) => element(encoding, { tag, vr: vrOf(tag), value: Buffer.from(dataSet.raw(tag)) })))
  const text = (tag: number, vr: string, value: string): Buffer => element(encoding, { tag, vr, value: textValue(value, vr) })
  const content = Buffer.concat([
    sequence(encoding, 0x04000550, [old]), text(0x04000562, 'DT', modifiedAt), text(0x04000563, 'LO', modifyingSystem),
    text(0x04000564, 'LO', ''), text(0x04000565, 'CS', side === undefined ? 'COERCE' : 'CORRECT')
  ])
  const item = element({ ...encoding, explicit: false }, { tag: 0xfffee000, vr: '', value: content })
  return element(encoding, { tag: ORIGINAL_ATTRIBUTES, vr: 'SQ', value: Buffer.concat([item, earlierItems(dataSet)]) })
}

const vrOf = (tag: number): string => (tag === SPECIFIC_CHARACTER_SET || tag === LATERALITY || tag === IMAGE_LATERALITY ? 'CS' : UID_TAGS.some(([each]) => each === tag) ? 'UI' : (IDENTITY_TAGS.find(([each]) => each === tag)?.[1] ?? 'LO'))

/** Items of a defined length sequence already there, as they are. */
function earlierItems(dataSet: DataSet): Buffer {
  const present = dataSet.elements.get(ORIGINAL_ATTRIBUTES)
  if (!present) return Buffer.alloc(0)
  const bytes = dataSet.raw(ORIGINAL_ATTRIBUTES)
  return present.declared === 0xffffffff ? bytes.subarray(0, bytes.length - 8) : bytes
}
