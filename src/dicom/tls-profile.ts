import type { ConnectionOptions, TlsOptions } from 'node:tls'
import type { PeerTls } from './upper-layer/peer.js'

/** PEM texts. With `ca` a sender has to show a certificate that it signed; without, any sender may encrypt. */
export type TlsIdentity = { readonly cert: string | Buffer; readonly key: string | Buffer; readonly ca?: string | Buffer }

/** BCP 195 (RFC 9325 4.2), which PS3.15 B.12 binds: forward secrecy and AEAD only, in TLS 1.3 and 1.2. */
const SUITES = [
  'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'
].join(':')

const PROFILE = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: SUITES } as const

/** The Non-Downgrading BCP 195 TLS Secure Transport Connection Profile (PS3.15 B.12): nothing below TLS 1.2. */
export const bcp195 = ({ cert, key, ca }: TlsIdentity): TlsOptions => ({
  cert, key, ...PROFILE, honorCipherOrder: true,
  ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true })
})

/** The same profile for the end that connects: a peer that nobody trusted signs for is refused. */
export const bcp195Client = ({ ca, cert, key, checkName }: PeerTls): ConnectionOptions => ({
  ...PROFILE, rejectUnauthorized: true,
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined || key === undefined ? {} : { cert, key }),
  ...(checkName === false && ca !== undefined ? { checkServerIdentity: () => undefined } : {})
})
