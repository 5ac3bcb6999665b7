import { randomUUID } from 'node:crypto'
import { open, readFile, readdir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import { fsyncDirectory, makeDirectoryDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import type { Log } from '../platform/log.js'
import { silentLog } from '../platform/log.js'
import type { AuditRestored } from './audit-copies.js'
import { restoreFromCopies } from './audit-copies.js'
import type { AuditEntry, AuditEvent } from './audit-entry.js'
import { DAMAGED_LINES, RESTORED, SPOIL, TORN_LINE, describeTorn, isTornPiece, readLine, seal } from './audit-entry.js'
import type { End } from './audit-files.js'
import { auditFiles, findEnd } from './audit-files.js'

export type { AuditEntry, AuditEvent } from './audit-entry.js'

type Waiting = { readonly event: AuditEvent; readonly at: string; resolve(): void; reject(error: unknown): void }
type Dated = Pick<Waiting, 'event' | 'at'>

const INCOMING = 'incoming'

/**
 * For a process beside the serving one (`screenpost token create`): leaves the event where the one writer of the
 * chain takes it up with its next entry or at its next start. Durable on return.
 */
export async function leaveAuditEvent(folder: string, event: AuditEvent, at: Date): Promise<void> {
  await makeDirectoryDurable(join(folder, INCOMING))
  const line = JSON.stringify({ ...event, detail: [event.detail, `at ${at.toISOString()}`].filter(Boolean).join(', ') })
  await writeFileDurable(join(folder, INCOMING, `${at.getTime()}-${randomUUID()}.json`), Buffer.from(line))
}

/**
 * The append-only record `<data>/audit/yyyy-mm.jsonl`, one hash chain over all files. `record` resolves when the
 * entry is on the disk; entries that come at the same time share one fsync. A clock that went backwards never
 * opens an older file than the newest there is.
 */
export class AuditTrail implements AsyncDisposable {
  private waiting: Waiting[] = []
  private running: Promise<void> | undefined
  private file: { readonly name: string; readonly handle: FileHandle } | undefined
  private end: End | undefined
  /** Entries and a repair never write at the same time. */
  private readonly turns = new KeyedQueue()

  private constructor(private readonly folder: string, private readonly clock: Clock, private readonly log: Log) {}

  /** Creates the folder, puts back from the copies what was lost, finds the end of the chain and notes a line that a power cut tore. */
  static async open({ folder, clock, log = silentLog }: { folder: string; clock: Clock; log?: Log }): Promise<AuditTrail> {
    await makeDirectoryDurable(folder)
    await makeDirectoryDurable(join(folder, INCOMING))
    const trail = new AuditTrail(folder, clock, log)
    await trail.restore()
    await trail.write([])
    return trail
  }

  /** Puts back from the copies what is no longer there as it was written, and notes that; undefined where there was nothing to do. */
  restore(): Promise<AuditRestored | undefined> {
    return this.turns.run('', async () => {
      const restored = await restoreFromCopies(this.folder)
      if (!restored) return undefined
      this.log.error('audit-restored', { ...restored, next: 'Lines of the audit record were lost or damaged and came back from audit/copies. Find out who or what changed the file; the disk may be failing.' })
      await this.reopen()
      const detail = [`entries up to ${restored.entries} from the copy`, ...restored.kept].join(', ')
      await this.writeNow([{ at: this.clock.now().toISOString(), event: { event: RESTORED, by: 'system', via: 'system', detail } }])
      return restored
    })
  }

  /** Rejects when the entry could not be made durable: the answer it stands for must not leave then. */
  record(event: AuditEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ event, at: this.clock.now().toISOString(), resolve, reject })
      this.start()
    })
  }

  /** The newest entries, newest first, of the newest file. */
  async recent(limit: number): Promise<AuditEntry[]> {
    const newest = (await auditFiles(this.folder)).at(-1)
    if (!newest) return []
    const lines = (await readFile(join(this.folder, newest), 'utf8')).trimEnd().split('\n')
    return lines.slice(-limit).reverse().flatMap((line) => readLine(line) ?? [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running
    await this.file?.handle.close()
    this.file = undefined
  }

  private start(): void {
    this.running ??= this.drain().finally(() => {
      this.running = undefined
      if (this.waiting.length > 0) this.start()
    })
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting
      this.waiting = []
      try {
        await this.write(batch)
        for (const one of batch) one.resolve()
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
    }
  }

  private write(batch: readonly Dated[]): Promise<void> {
    return this.turns.run('', () => this.writeNow(batch))
  }

  private async writeNow(batch: readonly Dated[]): Promise<void> {
    const end = this.end ?? (await findEnd(this.folder))
    this.end = undefined
    const now = this.clock.now().toISOString()
    const left = await this.incoming()
    const events = [...this.notesOf(end, now), ...left.map(({ event }) => ({ at: now, event })), ...batch]
    if (events.length > 0) {
      const { lines, seq, hash } = chain(events, end)
      const startOnNewLine = end.torn.length > 0 ? `${SPOIL}\n` : ''
      const file = await this.append(startOnNewLine + lines, now.slice(0, 7), end.file)
      this.end = { seq, hash, file, torn: Buffer.alloc(0) }
    } else {
      this.end = end
    }
    for (const { path } of left) await removeDurable(path)
  }

  /** What stands after the last whole line is named in the chain: no later change of it goes unseen. */
  private notesOf({ torn, file }: End, at: string): Dated[] {
    if (torn.length === 0) return []
    const event = isTornPiece(torn) ? TORN_LINE : DAMAGED_LINES
    if (event === DAMAGED_LINES) this.log.error('audit-damaged', { file, bytes: torn.length, next: 'The last lines of the audit record are not as they were written, and no copy has them. Keep the file and compare it with the one in the backup.' })
    return [{ at, event: { event, by: 'system', via: 'system', detail: describeTorn(Buffer.concat([torn, SPOIL])) } }]
  }

  /** The file was replaced: the next entry opens it anew and looks for its end. */
  private async reopen(): Promise<void> {
    this.end = undefined
    await this.file?.handle.close()
    this.file = undefined
  }

  private async append(text: string, month: string, newest: string | undefined): Promise<string> {
    const wanted = `${month}.jsonl`
    const name = newest !== undefined && newest > wanted ? newest : wanted
    if (this.file?.name !== name) {
      await this.file?.handle.close()
      this.file = undefined
      this.file = { name, handle: await open(join(this.folder, name), 'a', 0o600) }
      await fsyncDirectory(this.folder)
    }
    await this.file.handle.appendFile(text)
    await this.file.handle.datasync()
    return name
  }

  private async incoming(): Promise<{ path: string; event: AuditEvent }[]> {
    const names = (await readdir(join(this.folder, INCOMING))).filter((name) => name.endsWith('.json')).sort()
    return Promise.all(names.map(async (name) => {
      const path = join(this.folder, INCOMING, name)
      return { path, event: parseLeft(await readFile(path, 'utf8')) }
    }))
  }
}

function parseLeft(text: string): AuditEvent {
  try {
    return JSON.parse(text) as AuditEvent
  } catch {
    return { event: 'audit.unreadable-note', by: 'terminal', via: 'terminal' }
  }
}

function chain(events: readonly { at: string; event: AuditEvent }[], end: { seq: number; hash: string }) {
  let { seq, hash } = end
  let lines = ''
  for (const { at, event } of events) {
    const entry = seal({ ...event, seq: ++seq, at, prev: hash })
    hash = entry.hash
    lines += `${JSON.stringify(entry)}\n`
  }
  return { lines, seq, hash }
}
