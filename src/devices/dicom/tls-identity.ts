import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { TlsIdentity } from '../../dicom/tls-profile.js'

/** The PEM files of the TLS port. @throws an error with code BAD_CERTIFICATE when one is missing, or key and certificate do not fit */
export async function readIdentity(paths: { certPath: string; keyPath: string; caPath?: string | undefined }): Promise<TlsIdentity> {
  try {
    const [cert, key, ca] = await Promise.all([readFile(paths.certPath), readFile(paths.keyPath), paths.caPath === undefined ? undefined : readFile(paths.caPath)])
    const identity = { cert, key, ...(ca ? { ca } : {}) }
    createSecureContext(identity)
    return identity
  } catch (error) {
    throw Object.assign(new Error('unusable TLS certificate or key', { cause: error }), { code: 'BAD_CERTIFICATE' })
  }
}
