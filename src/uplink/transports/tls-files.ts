import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { PeerTls } from '../../dicom/upper-layer/peer.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'

const pemPath = z.string().regex(/^\//, 'expected the absolute path of a PEM file')

/** `"tls": true` trusts the system's authorities; `ca` alone those of that file; `cert` and `key` are what we show to a peer that asks. */
export const tlsOption = z.union([z.boolean(), z.strictObject({ ca: pemPath.optional(), cert: pemPath.optional(), key: pemPath.optional(), checkName: z.boolean().optional() })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'expected "cert" and "key" together')
  .refine(({ ca, checkName }) => checkName !== false || ca !== undefined, 'expected "ca" beside "checkName": false, else anybody could answer')])
export type TlsOption = z.infer<typeof tlsOption>

/** The files as they are now, so that a renewed certificate needs no restart; undefined where nothing is to be encrypted. */
export async function readTls(option: TlsOption | undefined): Promise<Result<PeerTls | undefined, Problem>> {
  if (option === undefined || option === false) return ok(undefined)
  if (option === true) return ok({})
  const read = async (path: string | undefined, what: string): Promise<string | undefined> => {
    if (path === undefined) return undefined
    try {
      return await readFile(path, 'utf8')
    } catch {
      throw new UnreadableError(problem('certificate-unreadable', `The file of "tls.${what}" can not be read. Put it there and let the service read it.`))
    }
  }
  try {
    const [ca, cert, key] = await Promise.all([read(option.ca, 'ca'), read(option.cert, 'cert'), read(option.key, 'key')])
    return ok({ ca, cert, key, checkName: option.checkName })
  } catch (error) {
    if (error instanceof UnreadableError) return err(error.problem)
    throw error
  }
}

class UnreadableError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code)
  }
}
