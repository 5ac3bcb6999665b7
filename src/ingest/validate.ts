import { factsOf, openObject } from '../dicom/codec.js'
import { TRANSFER_SYNTAX } from '../dicom/uids.js'
import type { ContentKind, DicomFacts } from '../domain/image-content.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { PROBLEMS } from './decode/problems.js'
import { sniffContent } from './decode/sniff.js'

/** How much of a file is looked at to accept it; DICOM headers before Pixel Data fit. */
export const HEAD_BYTES = 1024 * 1024
const SNIFF_BYTES = 4096
/** Deflate packs at most about 1 : 1032, so a bomb of this length grows to 66 MB and no more. */
const DEFLATED_HEAD_BYTES = 64 * 1024
/** PS3.5 section 9.1: digits in components. */
const UID = /^\d+(\.\d+)+$/
const MODALITY = /^[A-Z0-9]{2,16}$/

/** `fingerprintOffset`: where the part begins that identifies the object. */
export type Recognised = { readonly content: ContentKind; readonly dicom?: DicomFacts; readonly fingerprintOffset: number }

/** What a file is by its head, or why it can't become a study: then it is quarantined with this reason. Pixels are not looked at. */
export function recognise(head: Uint8Array): Result<Recognised, Problem> {
  if (head.length === 0) return err(PROBLEMS.emptyFile)
  const content = sniffContent(head.subarray(0, SNIFF_BYTES))
  if (!content) return err(PROBLEMS.notAnImage)
  if (content !== 'dicom') return ok({ content, fingerprintOffset: 0 })
  return recogniseDicom(head)
}

/** Readable is a header that says what the object is (a UID or a modality) or where its pixels begin. */
function recogniseDicom(head: Uint8Array): Result<Recognised, Problem> {
  const isDeflated = openObject(head.subarray(0, SNIFF_BYTES))?.transferSyntaxUid === TRANSFER_SYNTAX.deflated
  const opened = openObject(isDeflated ? head.subarray(0, DEFLATED_HEAD_BYTES) : head)
  if (!opened) return err(PROBLEMS.badDicom)
  const dicom = factsOf(opened)
  const readable = UID.test(dicom.sopInstanceUid) || UID.test(dicom.sopClassUid) || MODALITY.test(dicom.modality ?? '') || opened.pixelData
  return readable ? ok({ content: 'dicom', dicom, fingerprintOffset: opened.dataSetOffset }) : err(PROBLEMS.badDicom)
}
