import { randomUUID } from 'node:crypto'
import { open, readFile, readdir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import { fsyncDirectory, makeDirectoryDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { AuditEntry, AuditEvent } from './audit-entry.js'
import { FIRST_PREV, TORN_LINE, describeTorn, readLine, seal } from './audit-entry.js'

export type { AuditEntry, AuditEvent } from './audit-entry.js'

type Waiting = { readonly event: AuditEvent; readonly at: string; resolve(): void; reject(error: unknown): void }
/** Ends a torn piece: one that lacks nothing but its line feed would become a line that counts, beside the note of it. */
const SPOIL = Buffer.from(' ')

type End = { readonly seq: number; readonly hash: string; readonly file: string | undefined; readonly torn: Buffer }

const INCOMING = 'incoming'
const FILE_PATTERN = /^\d{4}-\d{2}\.jsonl$/

/** The files of a record, oldest first. */
export async function auditFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => FILE_PATTERN.test(name)).sort()
}

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

  private constructor(private readonly folder: string, private readonly clock: Clock) {}

  /** Creates the folder, finds the end of the chain and notes a line that a power cut tore. */
  static async open(options: { folder: string; clock: Clock }): Promise<AuditTrail> {
    await makeDirectoryDurable(options.folder)
    await makeDirectoryDurable(join(options.folder, INCOMING))
    const trail = new AuditTrail(options.folder, options.clock)
    trail.end = await findEnd(options.folder)
    await trail.flush()
    return trail
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

  private async flush(): Promise<void> {
    await this.write([])
  }

  private async write(batch: readonly Pick<Waiting, 'event' | 'at'>[]): Promise<void> {
    const end = this.end ?? (await findEnd(this.folder))
    this.end = undefined
    const now = this.clock.now().toISOString()
    const left = await this.incoming()
    const ended = end.torn.length > 0 ? Buffer.concat([end.torn, SPOIL]) : end.torn
    const torn = end.torn.length > 0 ? [{ at: now, event: { event: TORN_LINE, by: 'system', via: 'system', detail: describeTorn(ended) } as const }] : []
    const events = [...torn, ...left.map(({ event }) => ({ at: now, event })), ...batch]
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

/** The last whole line of the newest file that has one, and the bytes after it in the newest file. */
async function findEnd(folder: string): Promise<End> {
  const files = await auditFiles(folder)
  const newest = files.at(-1)
  let torn: Buffer = Buffer.alloc(0)
  for (const name of files.reverse()) {
    const bytes = await readFile(join(folder, name))
    const found = lastWholeLine(bytes)
    if (name === newest) torn = bytes.subarray(found?.end ?? 0)
    if (found) return { seq: found.entry.seq, hash: found.entry.hash, file: newest, torn }
  }
  return { seq: 0, hash: FIRST_PREV, file: newest, torn }
}

function lastWholeLine(bytes: Buffer): { entry: AuditEntry; end: number } | undefined {
  let end = bytes.lastIndexOf(0x0a)
  while (end > 0) {
    const start = bytes.lastIndexOf(0x0a, end - 1) + 1
    const entry = readLine(bytes.toString('utf8', start, end))
    if (entry) return { entry, end: end + 1 }
    end = start - 1
  }
  return undefined
}
