import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { IsoTime } from '../domain/ids.js'
import type { Clock } from '../platform/clock.js'
import { systemClock } from '../platform/clock.js'
import { readChecked, renderDocument } from '../platform/checked-json.js'
import { makeDirectoryDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'
import { leaveAuditEvent } from './audit.js'
import type { Role } from './roles.js'
import { isRole } from './roles.js'

/** A bearer token as others may see it; the secret is shown once, when it is made. */
export type Token = { readonly id: string; readonly role: Role; readonly label: string; readonly createdAt: IsoTime; readonly createdBy: string }
type StoredToken = Token & { readonly sha256: string }
type Cached = { readonly stamp: string; readonly token: StoredToken | undefined }

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TOKEN_PATTERN = /^sp_([0-9a-hjkmnp-tv-z]{10})_([A-Za-z0-9_-]{43})$/
const FILE_PATTERN = /^[0-9a-hjkmnp-tv-z]{10}\.json$/
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

export type NewToken = { readonly folder: string; readonly role: Role; readonly label: string; readonly clock: Clock; readonly by?: string }

/**
 * Makes a token and returns its only copy, `sp_<id>_<secret>`. Works beside a running service, which looks for
 * the file at each use: valid when this returns, and durable.
 */
export async function createToken({ folder, role, label, clock, by = 'terminal' }: NewToken): Promise<{ token: string; id: string }> {
  const id = Array.from({ length: 10 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  const secret = randomBytes(32).toString('base64url')
  const stored: StoredToken = { id, role, label, createdAt: clock.now().toISOString(), createdBy: by, sha256: sha256(secret).toString('hex') }
  await makeDirectoryDurable(folder)
  await writeFileDurable(join(folder, `${id}.json`), renderDocument(stored))
  if (by === 'terminal') await noteForAudit(folder, { event: 'token.created', detail: `${id} ${role}` }, clock)
  return { token: `sp_${id}_${secret}`, id }
}

export const listTokens = (folder: string): Promise<Token[]> => new Tokens(folder).list()

/** From a terminal, beside a running service; false when there is no such token. */
export async function revokeToken(folder: string, id: string, clock: Clock = systemClock): Promise<boolean> {
  const revoked = await new Tokens(folder).revoke(id)
  if (revoked) await noteForAudit(folder, { event: 'token.revoked', detail: id }, clock)
  return revoked
}

/** `<data>/access/tokens` and `<data>/audit` lie in one data folder; the service takes the note into its chain. */
const noteForAudit = (folder: string, event: { event: string; detail: string }, clock: Clock): Promise<void> =>
  leaveAuditEvent(join(folder, '..', '..', 'audit'), { ...event, by: 'terminal', via: 'terminal' }, clock.now())

/** One file a token under `<data>/access/tokens/`; creation and revocation by any process act at once. */
export class Tokens {
  private readonly cache = new Map<string, Cached>()

  constructor(readonly folder: string) {}

  /** The token that this bearer text proves, if it stands. */
  async verify(text: string): Promise<Token | undefined> {
    const [, id, secret] = TOKEN_PATTERN.exec(text) ?? []
    if (!id || !secret) return undefined
    const stored = await this.load(id)
    if (!stored || !timingSafeEqual(sha256(secret), Buffer.from(stored.sha256, 'hex'))) return undefined
    return publicPart(stored)
  }

  async list(): Promise<Token[]> {
    const names = await readdir(this.folder).catch(() => [] as string[])
    const all = await Promise.all(names.filter((name) => FILE_PATTERN.test(name)).map((name) => this.load(name.slice(0, 10))))
    return all.flatMap((token) => (token ? [publicPart(token)] : [])).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  }

  /** What the token was made for, of those that were seen since `list` was asked; a label never changes. */
  labelOf(id: string): string | undefined { return this.cache.get(id)?.token?.label || undefined }

  /** False when there is no such token. */
  async revoke(id: string): Promise<boolean> {
    if (!FILE_PATTERN.test(`${id}.json`) || !(await this.load(id))) return false
    await removeDurable(join(this.folder, `${id}.json`))
    await removeDurable(join(this.folder, `${id}.json.previous`))
    this.cache.delete(id)
    return true
  }

  /** The file is looked at each time and read only when it is another one than last time. */
  private async load(id: string): Promise<StoredToken | undefined> {
    const path = join(this.folder, `${id}.json`)
    const info = await stat(path).catch(() => undefined)
    if (!info) {
      this.cache.delete(id)
      return undefined
    }
    const stamp = `${info.ino}-${info.mtimeMs}-${info.size}`
    const cached = this.cache.get(id)
    if (cached?.stamp === stamp) return cached.token
    const read = async (from: string): Promise<StoredToken | undefined> => parseToken(await readFile(from, 'utf8').catch(() => ''), id)
    // The slow check keeps a second copy.
    const token = await read(path) ?? await read(`${path}.previous`)
    this.cache.set(id, { stamp, token })
    return token
  }
}

function parseToken(text: string, id: string): StoredToken | undefined {
  const token = readChecked(text) as StoredToken | undefined
  return token?.id === id && isRole(token.role) && /^[0-9a-f]{64}$/.test(token.sha256) ? token : undefined
}

const publicPart = ({ id, role, label, createdAt, createdBy }: StoredToken): Token => ({ id, role, label, createdAt, createdBy })
