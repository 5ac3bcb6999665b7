import { problem, type Problem } from '../../domain/problem.js'
import type { Peer } from './peer.js'

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED', 'INVALID_CA', 'CERT_SIGNATURE_FAILURE'
])

/** What a failure of a socket means, in words that a person can act on; nothing of what crossed it. */
export function lineProblem(error: NodeJS.ErrnoException, { host, port, tls }: Pick<Peer, 'host' | 'port' | 'tls'>, opened: boolean): Problem {
  const where = `${host}:${port}`
  const code = error.code ?? ''
  if (UNTRUSTED.has(code)) return problem('certificate-not-trusted', `${where} shows a certificate that is not signed by the pinned authority. Compare it with the destination's "ca" file.`)
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return problem('certificate-out-of-date', `The certificate of ${where} is not valid today. Check the appliance's clock first, then renew the certificate there.`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return problem('certificate-of-another', `The certificate of ${where} is for another name. Call it by the name in its certificate, or set "checkName": false beside a pinned "ca".`)
  if (/CERTIFICATE_REQUIRED|ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|ACCESS_DENIED|HANDSHAKE_FAILURE)/.test(code)) {
    return problem('own-certificate-refused', `${where} refuses the appliance's certificate, or its way of encrypting. Give it the appliance's certificate to trust; it must offer TLS 1.2 or 1.3.`)
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return problem('tls-failed', `${where} does not speak TLS 1.2 or 1.3 on this port (${code}). Check the port, or leave "tls" out where it is not encrypted.`)
  if (!opened && tls && (code === 'ECONNRESET' || code === '')) return problem('tls-failed', `${where} hung up before the connection was encrypted. Check that this is its TLS port.`)
  return opened ? problem('link-broke', `${where} lost the connection (${code || 'ended'}); it is tried again.`) : problem('unreachable', `${where} can not be reached (${code || 'ended'}). Check address, port and link.`)
}
