import 'reflect-metadata'
import { createHash, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { isPrivateAddress, nameConstraints } from './name-constraints.js'

/** A certificate and its private key, both PEM; `notAfter` is when it ends. */
export type Issued = { readonly cert: string; readonly key: string; readonly notAfter: Date }

export type Period = { readonly notBefore: Date; readonly notAfter: Date }

export type ServerNames = { readonly names: readonly string[]; readonly addresses: readonly string[] }

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** As far as UTCTime reaches both ways (RFC 5280 4.1.2.5.1): a tablet whose clock was never set trusts it too. */
export const LONGEST: Period = { notBefore: new Date('1970-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T23:59:59Z') }

const provider = webcrypto
x509.cryptoProvider.set(provider)

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => provider.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

const serial = (): string => (Buffer.from([randomBytes(1)[0]! & 0x7f | 0x40]).toString('hex') + randomBytes(15).toString('hex'))

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await provider.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

/** A new certificate authority that can vouch for the names, private addresses and the given ones only, and for no further authority. */
export async function issueAuthority({ names, addresses }: ServerNames): Promise<Issued> {
  const keys = await newKeys()
  const mark = randomBytes(3).toString('hex')
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(), name: `CN=Screenpost clinic ${mark}`, ...LONGEST, signingAlgorithm: ALGORITHM, keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension('2.5.29.30', true, nameConstraints(names, addresses.filter((address) => !isPrivateAddress(address))) as Uint8Array<ArrayBuffer>),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider)
    ]
  })
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey), notAfter: certificate.notAfter }
}

/** A server certificate for the names and addresses, signed by the authority. */
export async function issueServer(authority: Pick<Issued, 'cert' | 'key'>, { names, addresses }: ServerNames, period: Period): Promise<Issued> {
  const issuer = new x509.X509Certificate(authority.cert)
  const signingKey = await provider.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), ALGORITHM, false, ['sign'])
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(), subject: `CN=${names[0] ?? 'screenpost'}`, issuer: issuer.subject, ...period, signingAlgorithm: ALGORITHM, publicKey: keys.publicKey, signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...names.map((value) => ({ type: 'dns' as const, value })), ...addresses.map((value) => ({ type: 'ip' as const, value }))]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
      await x509.AuthorityKeyIdentifierExtension.create(issuer, false, provider)
    ]
  })
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey), notAfter: certificate.notAfter }
}

/** The bytes that a tablet installs. */
export const derOf = (certificate: string): Buffer => Buffer.from(x509.PemConverter.decodeFirst(certificate))

/** `AB:CD:...`, SHA-256 of the DER, as tablets show it. */
export const fingerprintOf = (certificate: string): string =>
  createHash('sha256').update(derOf(certificate)).digest('hex').toUpperCase().replace(/..(?!$)/g, '$&:')
