import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import { readChecked, renderDocument } from '../platform/checked-json.js'
import { makeDirectoryDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'

/** Wall time, as it is stored. */
type Session = { readonly userId: string; readonly startedAt: number; readonly lastSeenAt: number }
/** When it ends by the monotonic clock: no leap of the wall clock ends or prolongs it. */
type Live = Session & { readonly idleUntilMs: number; readonly longestUntilMs: number }

/** Milliseconds: without use, since the sign-in, and how stale the stored last use may be. */
const IDLE_MS = 60 * 60_000
const LONGEST_MS = 14 * 60 * 60_000
const STORE_USE_EVERY_MS = 5 * 60_000
const TOLERANCE_MS = 5 * 60_000
const FILE_PATTERN = /^[0-9a-f]{64}\.json$/

const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/**
 * Signed-in browsers. The cookie holds 256 random bits, the disk only their sha256 (one file a session), so that a
 * power cut does not sign the nurse out in the middle of a form.
 */
export class Sessions {
  private readonly sessions = new Map<string, Live>()
  private readonly stored = new Map<string, number>()

  private constructor(private readonly folder: string, private readonly clock: Clock) {}

  /** Of those stored, only what is surely not over goes on: none when the time is in doubt, or lies before they were used. The others are removed. */
  static async open(folder: string, clock: Clock, clockTrusted: () => boolean): Promise<Sessions> {
    await makeDirectoryDurable(folder)
    const sessions = new Sessions(folder, clock)
    for (const name of (await readdir(folder)).filter((file) => FILE_PATTERN.test(file))) {
      const session = parseSession(await readFile(join(folder, name), 'utf8'))
      const goesOn = session && clockTrusted() ? sessions.goOn(session) : undefined
      if (goesOn) sessions.keep(name.slice(0, 64), goesOn)
      else await removeDurable(join(folder, name))
    }
    return sessions
  }

  /** The secret for the cookie; durable when it returns. */
  async start(userId: string): Promise<string> {
    await this.removeEnded()
    const secret = randomBytes(32).toString('base64url')
    const now = this.clock.now().getTime()
    const monotonicMs = this.clock.monotonicMs()
    await this.save(keyOf(secret), { userId, startedAt: now, lastSeenAt: now, idleUntilMs: monotonicMs + IDLE_MS, longestUntilMs: monotonicMs + LONGEST_MS })
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

  private async use(key: string, session: Live): Promise<void> {
    const used = { ...session, lastSeenAt: this.clock.now().getTime(), idleUntilMs: this.clock.monotonicMs() + IDLE_MS }
    this.sessions.set(key, used)
    if (Math.abs(used.lastSeenAt - (this.stored.get(key) ?? 0)) < STORE_USE_EVERY_MS) return
    await this.save(key, used)
  }

  private async removeEnded(): Promise<void> {
    for (const [key, session] of [...this.sessions]) if (this.isOver(session)) await this.remove(key)
  }

  /** A stored session by what the clock says now; undefined when that is before its last use, or it is over. */
  private goOn(session: Session): Live | undefined {
    const now = this.clock.now().getTime()
    if (now < session.lastSeenAt - TOLERANCE_MS) return undefined
    const live = { ...session, idleUntilMs: this.clock.monotonicMs() + IDLE_MS - (now - session.lastSeenAt), longestUntilMs: this.clock.monotonicMs() + LONGEST_MS - (now - session.startedAt) }
    return this.isOver(live) ? undefined : live
  }

  private isOver({ idleUntilMs, longestUntilMs }: Live): boolean {
    return this.clock.monotonicMs() > Math.min(idleUntilMs, longestUntilMs)
  }

  private keep(key: string, session: Live): void {
    this.sessions.set(key, session)
    this.stored.set(key, session.lastSeenAt)
  }

  private async save(key: string, session: Live): Promise<void> {
    this.keep(key, session)
    const { userId, startedAt, lastSeenAt } = session
    await writeFileDurable(join(this.folder, `${key}.json`), renderDocument({ userId, startedAt, lastSeenAt } satisfies Session))
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
