import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import { readChecked, renderDocument } from '../platform/checked-json.js'
import { makeDirectoryDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'

type Session = { readonly userId: string; readonly startedAt: number; readonly lastSeenAt: number }

/** Milliseconds: without use, since the sign-in, and how stale the stored last use may be. */
const IDLE_MS = 60 * 60_000
const LONGEST_MS = 14 * 60 * 60_000
const STORE_USE_EVERY_MS = 5 * 60_000
const FILE_PATTERN = /^[0-9a-f]{64}\.json$/

const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/**
 * Signed-in browsers. The cookie holds 256 random bits, the disk only their sha256 (one file a session), so that a
 * power cut does not sign the nurse out in the middle of a form.
 */
export class Sessions {
  private readonly sessions = new Map<string, Session>()
  private readonly stored = new Map<string, number>()

  private constructor(private readonly folder: string, private readonly clock: Clock) {}

  static async open(folder: string, clock: Clock): Promise<Sessions> {
    await makeDirectoryDurable(folder)
    const sessions = new Sessions(folder, clock)
    for (const name of (await readdir(folder)).filter((file) => FILE_PATTERN.test(file))) {
      const session = parseSession(await readFile(join(folder, name), 'utf8'))
      const key = name.slice(0, 64)
      if (session && !sessions.isOver(session)) sessions.keep(key, session)
      else await sessions.remove(key)
    }
    return sessions
  }

  /** The secret for the cookie; durable when it returns. */
  async start(userId: string): Promise<string> {
    await this.removeEnded()
    const secret = randomBytes(32).toString('base64url')
    const now = this.clock.now().getTime()
    await this.save(keyOf(secret), { userId, startedAt: now, lastSeenAt: now })
    return secret
  }

  /** The user of this cookie; undefined when it is unknown or was left alone for an hour. Counts as use unless `peek`. */
  async resolve(secret: string, options: { peek?: boolean } = {}): Promise<{ userId: string } | undefined> {
    const key = keyOf(secret)
    const session = this.sessions.get(key)
    if (!session) return undefined
    if (this.isOver(session)) {
      await this.remove(key)
      return undefined
    }
    if (!options.peek) await this.use(key, session)
    return { userId: session.userId }
  }

  async end(secret: string): Promise<void> {
    await this.remove(keyOf(secret))
  }

  /** After a new PIN, another role or a disabled account. */
  async endAllOf(userId: string): Promise<void> {
    for (const [key, session] of [...this.sessions]) if (session.userId === userId) await this.remove(key)
  }

  private async use(key: string, session: Session): Promise<void> {
    const used = { ...session, lastSeenAt: this.clock.now().getTime() }
    this.sessions.set(key, used)
    if (Math.abs(used.lastSeenAt - (this.stored.get(key) ?? 0)) < STORE_USE_EVERY_MS) return
    await this.save(key, used)
  }

  private async removeEnded(): Promise<void> {
    for (const [key, session] of [...this.sessions]) if (this.isOver(session)) await this.remove(key)
  }

  /** A clock that went backwards ends nothing. */
  private isOver(session: Session): boolean {
    const now = this.clock.now().getTime()
    return now - session.lastSeenAt > IDLE_MS || now - session.startedAt > LONGEST_MS
  }

  private keep(key: string, session: Session): void {
    this.sessions.set(key, session)
    this.stored.set(key, session.lastSeenAt)
  }

  private async save(key: string, session: Session): Promise<void> {
    this.keep(key, session)
    await writeFileDurable(join(this.folder, `${key}.json`), renderDocument(session))
    if (!this.sessions.has(key)) await removeDurable(join(this.folder, `${key}.json`))
  }

  private async remove(key: string): Promise<void> {
    this.stored.delete(key)
    if (this.sessions.delete(key)) await removeDurable(join(this.folder, `${key}.json`))
  }
}

function parseSession(text: string): Session | undefined {
  const session = readChecked(text) as Session | undefined
  return typeof session?.userId === 'string' && Number.isFinite(session.startedAt) && Number.isFinite(session.lastSeenAt) ? session : undefined
}
