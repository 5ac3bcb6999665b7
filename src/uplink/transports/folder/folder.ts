import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { isErrno } from '../../../platform/durable-fs.js'
import { REFUSED } from '../relay/receipt.js'
import type { Answer, Cargo, Confirmation, Held, SendResult, SendTerms, Transport, TransportHost, TransportKind } from '../transport.js'
import { Exports, withReceipts, type ExportEntry, type ExportState } from './export-state.js'
import { isRecipient } from './seal.js'
import { Stick } from './stick.js'
import { MOST_OBJECTS } from './stick-format.js'

export type FolderOptions = { readonly folder: string; readonly recipient: string; readonly clinic: string; readonly sameDisk: boolean; readonly againAfterDays: number }

const options = z.strictObject({
  folder: z.string().regex(/^\//, 'expected an absolute path'),
  recipient: z.string().refine(isRecipient, 'expected the age recipient of the centre (age1...)'),
  clinic: z.string().regex(/^[a-z0-9-]{1,64}$/, 'expected lower-case letters, digits and hyphens, at most 64').default('clinic'),
  sameDisk: z.boolean().default(false), againAfterDays: z.number().min(1).max(365).default(14)
})

function parseOptions(raw: Readonly<Record<string, unknown>>): Result<FolderOptions, Problem[]> {
  const parsed = options.safeParse(raw)
  return parsed.success ? ok(parsed.data) : err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.'))))
}

const DAY_MS = 24 * 3_600_000
/** A stick that came back is noticed while somebody still stands there. */
const ASK_EVERY_MS = 10_000

/** Exports onto a stick, and what comes back with it. */
class Courier {
  private readonly exports: Exports
  private readonly stick: Stick
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly given: FolderOptions, private readonly host: TransportHost) {
    this.exports = new Exports(join(host.stateFolder, 'exports'))
    this.stick = new Stick(given.folder, { notOn: given.sameDisk ? undefined : host.stateFolder })
  }

  /** One at a time: two lanes write one export, and its document is read, changed and written. A stick needs no pace, and one lane waiting for the other's must not hold it. */
  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.last.then(action, action)
    this.last = turn.catch(() => undefined)
    return turn
  }

  send(cargo: readonly Cargo[], terms: SendTerms): Promise<SendResult> {
    return this.inTurn(() => this.write(cargo, terms))
  }

  confirm(held: readonly Held[]): Promise<Result<Confirmation, Problem>> {
    return this.inTurn(() => this.look(held))
  }

  private async write(cargo: readonly Cargo[], { signal, answered }: SendTerms): Promise<SendResult> {
    const answers = cargo.map((): Answer => ({ kind: 'untouched' }))
    const missing = await this.stick.problem()
    if (missing) return { answers, problem: missing }
    const written: number[] = []
    try {
      let state = await this.openExport(cargo)
      for (const [index, object] of cargo.entries()) {
        if (signal.aborted || state.objects.length >= MOST_OBJECTS) break
        if (!(await this.stick.hasRoomFor(object.file.byteLength + 100_000))) return { answers, problem: await this.finish(state, written, answers).then(() => FULL) }
        state = await this.put(state, object)
        written.push(index)
      }
      await this.finish(state, written, answers)
    } catch (error) {
      return { answers, problem: troubleOf(error, this.given.folder) }
    } finally {
      for (const index of written) answered?.(index, answers[index]!)
    }
    return { answers }
  }

  /** What is on the stick counts only once the manifest names it: our own record first, so that its receipts will be understood. */
  private async finish(state: ExportState, written: readonly number[], answers: Answer[]): Promise<void> {
    if (written.length === 0) return
    await this.exports.save(state)
    await this.stick.putManifest(state)
    for (const index of written) answers[index] = { kind: 'stored' }
  }

  /** The export on this stick that has room, or a new one: another stick starts its own. What the centre refused is sent again in another, which its old receipts say nothing of. */
  private async openExport(cargo: readonly Cargo[]): Promise<ExportState> {
    const isRefused = ({ receipt, sopInstanceUid }: ExportEntry): boolean => receipt === 'refused' && cargo.some((one) => one.sopInstanceUid === sopInstanceUid)
    for (const state of await this.exports.all()) {
      if (state.recipient === this.given.recipient && state.objects.length < MOST_OBJECTS && !state.objects.some(isRefused) && (await this.stick.has(state))) return state
    }
    return this.exports.begin({ recipient: this.given.recipient, clinic: this.given.clinic, at: this.now() })
  }

  /** Also what lies there by our own record: nobody here can tell whether the stick still gives it back, and what comes again may come because it does not. */
  private async put(state: ExportState, object: Cargo): Promise<ExportState> {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = object
    const sha256 = createHash('sha256').update(object.file).digest('hex')
    const file = `${createHash('sha256').update(`${state.receiptKey} ${sopInstanceUid} ${sha256}`).digest('hex').slice(0, 32)}.age`
    await this.stick.putObject(state, file, object.file)
    const entry: ExportEntry = { file, sha256, bytes: object.file.byteLength, sopClassUid, sopInstanceUid, transferSyntaxUid, at: this.now() }
    return { ...state, objects: [...state.objects.filter((one) => one.file !== file), entry] }
  }

  /** Takes the receipts that are on the stick, and says how each object stands by all that ever came back. */
  private async look(held: readonly Held[]): Promise<Result<Confirmation, Problem>> {
    const present = (await this.stick.problem()) === undefined
    if (present) await this.takeReceipts()
    const entries = new Map<string, ExportEntry[]>()
    for (const { objects } of await this.exports.all()) for (const entry of objects) entries.set(entry.sopInstanceUid, [...(entries.get(entry.sopInstanceUid) ?? []), entry])
    const uids = held.map(({ sopInstanceUid }) => sopInstanceUid)
    const some = (uid: string, ...states: ExportEntry['receipt'][]): boolean => (entries.get(uid) ?? []).some(({ receipt }) => states.includes(receipt))
    const open = uids.filter((uid) => !some(uid, 'committed', 'held-by-relay', 'accepted'))
    return ok({
      proof: 'commitment', committed: uids.filter((uid) => some(uid, 'committed')), heldByRelay: uids.filter((uid) => some(uid, 'held-by-relay', 'accepted')),
      refused: open.flatMap((sopInstanceUid) => refusalOf(newestOf(entries.get(sopInstanceUid)), sopInstanceUid)),
      missing: open.filter((uid) => present && this.isLost(newestOf(entries.get(uid))))
    })
  }

  /** Never a word of it in so long: the stick that it was on is taken for lost. */
  private isLost(newest: ExportEntry | undefined): boolean {
    return !newest || (newest.receipt === undefined && this.host.clock.now().getTime() - Date.parse(newest.at) > this.given.againAfterDays * DAY_MS)
  }

  private async takeReceipts(): Promise<void> {
    for (const state of await this.exports.all()) {
      const receipts = await this.stick.receiptsOf(state)
      const next = receipts ? withReceipts(state, receipts) : state
      if (JSON.stringify(next) !== JSON.stringify(state)) await this.exports.save(next)
      if (next.objects.length > 0 && next.objects.every(({ receipt }) => receipt === 'committed')) await this.stick.remove(next).catch(() => undefined)
    }
  }

  async probe(): Promise<Result<{ readonly ms: number }, Problem>> {
    const started = performance.now()
    const missing = await this.stick.problem()
    return missing ? err(missing) : (await this.stick.hasRoomFor(100_000)) ? ok({ ms: Math.round(performance.now() - started) }) : err(FULL)
  }

  private now(): string {
    return this.host.clock.now().toISOString()
  }
}

/** The last time that it was written counts: what was refused before that was sent again by a person. */
const newestOf = (entries: readonly ExportEntry[] = []): ExportEntry | undefined =>
  entries.reduce<ExportEntry | undefined>((newest, entry) => (newest && newest.at > entry.at ? newest : entry), undefined)

const refusalOf = (newest: ExportEntry | undefined, sopInstanceUid: string): NonNullable<Confirmation['refused']> =>
  (newest?.receipt === 'refused' ? [{ sopInstanceUid, problem: newest.problem ?? REFUSED }] : [])

const FULL = problem('stick-full', 'The stick is full. Bring it to the centre, or plug in another; it goes on by itself.')

function troubleOf(error: unknown, folder: string): Problem {
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return FULL
  if (isErrno(error, 'EROFS', 'EACCES', 'EPERM')) return problem('stick-read-only', `Nothing can be written to ${folder}. Take the write protection off, or use another stick.`)
  return problem('stick-pulled', `The stick at ${folder} was pulled or is broken. Plug it in again, or another; it goes on by itself.`)
}

function open(given: FolderOptions, host: TransportHost): Transport {
  const courier = new Courier(given, host)
  return {
    address: given.folder, askEveryMs: ASK_EVERY_MS,
    send: (cargo, terms) => courier.send(cargo, terms),
    confirm: (held) => courier.confirm(held),
    probe: () => courier.probe(),
    async dryRun() {
      const answer = await courier.probe()
      return answer.ok ? ok([{ what: 'stick', ok: true, detail: 'there, and has room' }]) : answer
    }
  }
}

/** A stick or another folder, encrypted to the centre's key; never counts as an archive, whatever receipts come back. */
export const folderTransport: TransportKind<FolderOptions> = { kind: 'folder', archives: false, carries: 'dicom', parseOptions, open }
