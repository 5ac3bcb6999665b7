import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { isUid } from '../../../dicom/uids.js'

/**
 * On a stick: `screenpost/<export id>/manifest.age`, `objects/<file>` (each a Part 10 file, encrypted with age to the centre's key) and, on the
 * way back, `receipts.json`. Nothing in clear names a patient: files are named by hashes (docs/relay.md).
 */
export const STICK_ROOT = 'screenpost'
export const MANIFEST = 'manifest.age'
export const OBJECTS = 'objects'
export const RECEIPTS = 'receipts.json'
export const EXPORT_ID = /^[0-9a-f]{32}$/
export const MOST_OBJECTS = 500
export const MOST_MANIFEST_BYTES = 4 * 1024 * 1024
export const MOST_RECEIPTS_BYTES = 4 * 1024 * 1024
export const MOST_OBJECT_BYTES = 2 ** 31

const uid = z.string().refine(isUid, 'expected a UID')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const file = z.string().regex(/^[0-9a-f]{32}\.age$/)

export const exportedObjectShape = z.object({
  file, sha256, bytes: z.int().min(1).max(MOST_OBJECT_BYTES), sopClassUid: uid, sopInstanceUid: uid, transferSyntaxUid: uid
})
export const manifestShape = z.object({
  version: z.literal(1), exportId: z.string().regex(EXPORT_ID), clinic: z.string().regex(/^[a-z0-9-]{1,64}$/), createdAt: z.string().max(40),
  /** What receipts are signed with: only who could open the manifest knows it. */
  receiptKey: z.string().regex(/^[0-9a-f]{64}$/),
  objects: z.array(exportedObjectShape).max(MOST_OBJECTS)
})
export type Manifest = Readonly<z.infer<typeof manifestShape>>
export type ExportedObject = Readonly<z.infer<typeof exportedObjectShape>>

/** How an object stands at the centre, and why. */
export const standing = {
  state: z.enum(['held-by-relay', 'accepted', 'committed', 'refused']), problem: z.object({ code: z.string().max(64), message: z.string().max(1000) }).optional()
}
const receiptShape = z.object({ file, sha256, ...standing, status: z.int().min(0).max(0xffff).optional(), proof: z.enum(['commitment', 'retrieved']).optional() })
export const receiptsShape = z.object({ version: z.literal(1), exportId: z.string().regex(EXPORT_ID), at: z.string().max(40), receipts: z.array(receiptShape).max(MOST_OBJECTS) })
export type StickReceipts = Readonly<z.infer<typeof receiptsShape>>

const signedShape = z.object({ payload: z.string().max(2 * 1024 * 1024), hmacSha256: z.string().regex(/^[0-9a-f]{64}$/) })

const mac = (payload: string, key: string): Buffer => createHmac('sha256', Buffer.from(key, 'hex')).update(`screenpost receipts 1\n${payload}`).digest()

export function signReceipts(receipts: StickReceipts, key: string): string {
  const payload = JSON.stringify(receipts)
  return `${JSON.stringify({ payload, hmacSha256: mac(payload, key).toString('hex') })}\n`
}

/** The receipts, or undefined when they are damaged, not of this export, or signed by somebody who could not open it. */
export function readReceipts(text: string, { exportId, receiptKey }: Pick<Manifest, 'exportId' | 'receiptKey'>): StickReceipts | undefined {
  try {
    const { payload, hmacSha256 } = signedShape.parse(JSON.parse(text))
    if (!timingSafeEqual(Buffer.from(hmacSha256, 'hex'), mac(payload, receiptKey))) return undefined
    const receipts = receiptsShape.parse(JSON.parse(payload))
    return receipts.exportId === exportId ? receipts : undefined
  } catch {
    return undefined
  }
}
