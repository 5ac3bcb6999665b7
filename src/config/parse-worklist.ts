import { z } from 'zod'

const aeTitle = z.string().regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'expected 1 to 16 printable ASCII characters without backslash')

const pemPath = z.string().regex(/^\//, 'expected the absolute path of a PEM file')
/** As of a destination. */
const tls = z.union([z.boolean(), z.strictObject({ ca: pemPath.optional(), cert: pemPath.optional(), key: pemPath.optional(), checkName: z.boolean().optional() })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'expected "cert" and "key" together')
  .refine(({ ca, checkName }) => checkName !== false || ca !== undefined, 'expected "ca" beside "checkName": false, else anybody could answer')])

/** `worklist`: where the centre's modality worklist is asked for. */
export const worklistPart = z.strictObject({
  host: z.string().min(1), port: z.int().min(1).max(65535), aeTitle, callingAeTitle: aeTitle.optional(), everyMinutes: z.number().min(1).max(24 * 60).default(15),
  tls: tls.optional()
})
