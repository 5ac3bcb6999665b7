import { X509Certificate, createPrivateKey } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { Issued, Period } from './issue-certificate.js'
import { LONGEST, derOf, fingerprintOf, issueAuthority, issueServer } from './issue-certificate.js'
import { permits } from './name-constraints.js'

/** What the tablet types; `home.arpa` belongs to no site of the internet (RFC 8375). */
const APPLIANCE_NAME = 'screenpost.home.arpa'
const NAMES = [APPLIANCE_NAME, 'localhost']

const DAY_MS = 24 * 3600 * 1000
/** Tablets refuse a server certificate of more than 825 days in all; this leaves a year for clocks that are behind. */
const BEHIND_MS = 365 * DAY_MS
const AHEAD_MS = 455 * DAY_MS
/** Renewed that long before it ends. */
const RENEW_MS = 90 * DAY_MS

type Pair = Pick<Issued, 'cert' | 'key'>

export type LocalCa = {
  /** The authority as DER (`ca.crt`), its fingerprint, and the names that its certificates carry. */
  readonly der: Buffer
  readonly fingerprint: string
  names(): readonly string[]
  /** Key and certificate in force, PEM. */
  current(): Pair
  /** Issues a new server certificate when the one in force ends soon or an address is new; true when it did. */
  renew(): Promise<boolean>
}

type Options = { readonly folder: string; readonly clock: Clock; readonly addresses: () => readonly string[]; readonly clockTrusted: () => boolean }

/**
 * The clinic's own certificate authority and the appliance's certificate, made at first start in `folder` (0700, keys 0600).
 * A damaged file is replaced: tablets then have to trust the new authority.
 */
export async function openLocalCa(options: Options): Promise<LocalCa> {
  const { folder } = options
  await makeDirectoryDurable(folder)
  await chmod(folder, 0o700)
  const authority = (await readPair(join(folder, 'ca.pem'))) ?? (await writePair(join(folder, 'ca.pem'), await issueAuthority({ names: NAMES, addresses: options.addresses() })))
  const path = join(folder, 'server.pem')
  let pair = await readPair(path)
  const renew = async (): Promise<boolean> => {
    const addresses = ['127.0.0.1', ...options.addresses().filter((address) => permits(derOf(authority.cert), address))]
    if (pair && isGood(pair, authority, { ...options, wanted: addresses })) return false
    const period = periodOf(options)
    pair = await writePair(path, await issueServer(authority, { names: NAMES, addresses: [...new Set(addresses)] }, period))
    return true
  }
  await renew()
  const current = (): Pair => pair as Pair
  return { der: derOf(authority.cert), fingerprint: fingerprintOf(authority.cert), current, renew, names: () => namesOf(current().cert) }
}

/** With a clock that nobody set, as long as possible; replaced by an ordinary one when the clock is right. */
function periodOf({ clock, clockTrusted }: Pick<Options, 'clock' | 'clockTrusted'>): Period {
  const now = clock.now().getTime()
  return clockTrusted() ? { notBefore: new Date(now - BEHIND_MS), notAfter: new Date(Math.min(now + AHEAD_MS, LONGEST.notAfter.getTime())) } : LONGEST
}

/** The clock only counts while it is trusted: a dead battery renews nothing. */
function isGood(pair: Pair, authority: Pair, { clock, clockTrusted, wanted }: Pick<Options, 'clock' | 'clockTrusted'> & { readonly wanted: readonly string[] }): boolean {
  const certificate = new X509Certificate(pair.cert)
  if (!certificate.verify(new X509Certificate(authority.cert).publicKey)) return false
  if (!wanted.every((address) => certificate.checkIP(address) !== undefined)) return false
  if (!clockTrusted()) return true
  const [now, from, until] = [clock.now().getTime(), Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  return from <= now && now <= until - RENEW_MS && until - from <= BEHIND_MS + AHEAD_MS + DAY_MS
}

const namesOf = (cert: string): string[] =>
  (new X509Certificate(cert).subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''))

/** Both in one file, so that a power cut never leaves a key beside another's certificate. */
async function writePair(path: string, { cert, key }: Pair): Promise<Pair> {
  await writeFileDurable(path, Buffer.from(`${cert.trim()}\n${key.trim()}\n`))
  await chmod(path, 0o600)
  return { cert, key }
}

async function readPair(path: string): Promise<Pair | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const [cert] = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(text) ?? []
  const [key] = /-----BEGIN PRIVATE KEY-----[^]+?-----END PRIVATE KEY-----/.exec(text) ?? []
  if (!cert || !key) return undefined
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return undefined
  } catch {
    return undefined
  }
  await chmod(path, 0o600)
  return { cert, key }
}
