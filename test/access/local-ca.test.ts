import { X509Certificate } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issueServer } from '../../src/access/issue-certificate.js'
import type { LocalCa } from '../../src/access/local-ca.js'
import { openLocalCa } from '../../src/access/local-ca.js'
import { isPrivateAddress } from '../../src/access/name-constraints.js'

const run = promisify(execFile)
const DAY_MS = 24 * 3600 * 1000
let folder: string
let nowMs: number
let addresses: string[]
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'screenpost-ca-')), 'tls')
  nowMs = Date.parse('2026-11-21T00:00:00Z')
  addresses = ['192.168.7.1']
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const open = (): Promise<LocalCa> => openLocalCa({
  folder, addresses: () => addresses, clockTrusted: () => nowMs > Date.parse('2026-01-01'), clock: { now: () => new Date(nowMs), monotonicMs: () => 0 }
})
const days = (cert: string): number => {
  const { validFrom, validTo } = new X509Certificate(cert)
  return (Date.parse(validTo) - Date.parse(validFrom)) / DAY_MS
}

/** What openssl says of a server certificate under our authority, at a time. */
async function verify(ca: LocalCa, cert: string, atMs = nowMs): Promise<string> {
  const [root, leaf] = [join(folder, 'root.txt'), join(folder, 'leaf.txt')]
  await writeFile(root, `-----BEGIN CERTIFICATE-----\n${ca.der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`)
  await writeFile(leaf, cert)
  return run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', String(Math.trunc(atMs / 1000)), '-CAfile', root, leaf]).then((done) => done.stdout, (error: { stderr: string }) => error.stderr)
}

describe('the clinic’s own certificate authority', () => {
  it('makes a certificate that openssl accepts strictly, for the name and the addresses', async () => {
    const ca = await open()
    expect(await verify(ca, ca.current().cert)).toContain('OK')
    expect(ca.names()).toEqual(['screenpost.home.arpa', 'localhost', '127.0.0.1', '192.168.7.1'])
    expect(days(ca.current().cert)).toBeLessThanOrEqual(825)
    expect(ca.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  })

  it('keeps both over a restart, readable by the service alone', async () => {
    const [first, second] = [await open(), await open()]
    expect(second.fingerprint).toBe(first.fingerprint)
    expect(second.current().cert.trim()).toBe(first.current().cert.trim())
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  })

  it('can vouch for no site of the internet', async () => {
    const ca = await open()
    const text = await readFile(join(folder, 'ca.pem'), 'utf8')
    const authority = { cert: text.slice(0, text.indexOf('-----BEGIN PRIVATE')), key: text.slice(text.indexOf('-----BEGIN PRIVATE')) }
    const period = { notBefore: new Date(nowMs - DAY_MS), notAfter: new Date(nowMs + DAY_MS) }
    for (const [names, addresses] of [[['bank.example'], []], [['screenpost.home.arpa'], ['8.8.8.8']]] as const) {
      expect(await verify(ca, (await issueServer(authority, { names, addresses }, period)).cert)).toContain('permitted subtree violation')
    }
  })

  it('renews before the end, for a new address, and not otherwise', async () => {
    const ca = await open()
    const before = ca.fingerprint
    expect(await ca.renew()).toBe(false)
    nowMs += 300 * DAY_MS
    expect(await ca.renew()).toBe(false)
    nowMs += 100 * DAY_MS
    expect(await ca.renew()).toBe(true)
    addresses = ['192.168.7.1', '10.1.2.3', '8.8.8.8']
    expect(await ca.renew()).toBe(true)
    expect(ca.names()).toContain('10.1.2.3')
    expect(ca.names()).not.toContain('8.8.8.8')
    expect(await verify(ca, ca.current().cert)).toContain('OK')
    expect(ca.fingerprint).toBe(before)
  })

  it('works from a clock at 1970 for tablets that know the year, and becomes ordinary later', async () => {
    nowMs = 1000
    const ca = await open()
    for (const at of ['1970-01-02', '2026-11-21', '2040-01-01']) expect(await verify(ca, ca.current().cert, Date.parse(at))).toContain('OK')
    expect(await ca.renew()).toBe(false)
    nowMs = Date.parse('2026-11-21')
    expect(await ca.renew()).toBe(true)
    expect(days(ca.current().cert)).toBeLessThanOrEqual(825)
    nowMs = 1000
    expect(await ca.renew()).toBe(false)
  })

  it('vouches for an address outside private networks that the machine had at the start', async () => {
    addresses = ['192.0.2.2']
    const ca = await open()
    expect(ca.names()).toContain('192.0.2.2')
    expect(await verify(ca, ca.current().cert)).toContain('OK')
  })

  it('starts over from a damaged file', async () => {
    const first = await open()
    await writeFile(join(folder, 'ca.pem'), 'rubbish')
    const second = await open()
    expect(second.fingerprint).not.toBe(first.fingerprint)
    expect(await verify(second, second.current().cert)).toContain('OK')
  })

  it('knows private addresses', () => {
    expect(['10.0.0.1', '172.31.255.1', '192.168.0.9', '127.0.0.1'].every(isPrivateAddress)).toBe(true)
    expect(['172.32.0.1', '11.0.0.1', '8.8.8.8', 'fe80::1', ''].some(isPrivateAddress)).toBe(false)
  })
})
