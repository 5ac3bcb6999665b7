import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CameraSession } from '../../domain/camera-session.js'
import type { DeviceCommand, ProbeReport } from '../../domain/device-report.js'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { waitMs } from '../../platform/backoff.js'
import { emptyFolder, makeDirectoryDurable } from '../../platform/durable-fs.js'
import type { CloseReason, DeviceHost, DeviceLink } from '../device-kind.js'
import { DeviceRefused } from '../device-refused.js'
import { linkEnd } from '../link-end.js'
import { deviceProblem } from '../open-problem.js'
import { openStateFolder } from '../state-folder.js'
import type { Begin } from './absence.js'
import { LEFT, beginNow, beginOfAbsence, noteLeaving } from './absence.js'
import { askIdentities } from './ask-identities.js'
import { identitiesIn } from './identity.js'
import { NO_SUCH_FOLDER, NOT_SUPPORTED, addedIn, errorIn, isPicture, parseListing, releasedIn, takenAtIn } from './listing.js'
import type { PtpOptions } from './options.js'
import { cameraDeaf, canNotRelease, releaseFailed } from './problems.js'
import { SEEN, SeenPictures } from './seen-pictures.js'
import { CameraShell, ShellEnded } from './shell.js'

const MAX_DEPTH = 5
const CLOSE_WITHIN_MS = 800
/** That a camera's clock may be behind, as with DICOM times. */
const CLOCK_GRACE_MS = 3 * 60_000

/** Resolves when the camera is open and what was on it before is known. Rejects with a problem in words. */
export async function openCamera(options: PtpOptions, host: DeviceHost, program?: string): Promise<DeviceLink> {
  const place = await openStateFolder(host, 'ptp', { main: SEEN, others: [LEFT] })
  const folder = join(host.spoolFolder, 'ptp', host.deviceId, 'incoming')
  await makeDirectoryDurable(folder)
  await emptyFolder(folder)
  let shell: CameraShell | undefined
  try {
    shell = await CameraShell.open(options, { folder, program })
    const seen = await SeenPictures.open(join(place, SEEN))
    const link = new CameraLink({ options, host, place, folder, program, seen }, shell)
    await link.start()
    return link
  } catch (error) {
    await shell?.stop()
    throw error instanceof ShellEnded ? new DeviceRefused(error.problem) : error
  }
}

type Parts = { readonly options: PtpOptions; readonly host: DeviceHost; readonly place: string; readonly folder: string; readonly program: string | undefined; readonly seen: SeenPictures }

class CameraLink implements DeviceLink {
  readonly closed: Promise<CloseReason>
  readonly commands = ['capture'] as const
  readonly #end: (reason: CloseReason) => void
  readonly #stop = new AbortController()
  #tellsNews = true
  /** The visits that pictures were first seen in, which are not in the store yet. */
  readonly #begun = new Map<string, Begin>()
  /** Names that stood for a picture that was seen when the camera was last asked, and are still on it. */
  readonly #same = new Set<string>()
  /** What was on it at the last look. */
  #there: ReadonlySet<string> = new Set()
  /** What it was released for from here since then. */
  #released: readonly string[] = []
  /** For what the first look finds on a camera that was here before. */
  #absence: Begin | undefined
  #taken = 0
  #done: Promise<void> = Promise.resolve()
  /** One conversation at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly parts: Parts, private shell: CameraShell) {
    const { closed, end } = linkEnd()
    this.closed = closed
    this.#end = end
  }

  get detail(): string { return `${this.parts.options.camera ?? 'camera'}${this.parts.options.port ? ` at ${this.parts.options.port}` : ''}` }
  session(): CameraSession { return { type: 'camera', taken: this.#taken, releases: this.#tellsNews } }

  /** Pictures that were on the card before it was ever connected are other people's. */
  async start(): Promise<void> {
    const { seen, place, host } = this.parts
    const absence = await beginOfAbsence(place, host)
    if (seen.isFirst) await this.#firstLook()
    else this.#absence = absence
    if (seen.lacksNamesUntilMs !== undefined) await this.#completeList(seen.lacksNamesUntilMs)
    this.#done = this.#watch()
  }

  /** @throws ShellEnded when not all of it could be listed: what is missing in the list would count as taken in the visit of now */
  async #firstLook(): Promise<void> {
    const { found, isWhole } = await this.#list()
    if (!isWhole) throw new ShellEnded(cameraDeaf)
    const identities = await askIdentities(this.shell, found)
    this.#there = new Set(found)
    await this.parts.seen.begin(found.map((path) => ({ path, identity: identities.get(path) })))
  }

  /** What is older than such a list was there when it was begun, or could not come since. @throws ShellEnded as above */
  async #completeList(untilMs: number): Promise<void> {
    const { seen } = this.parts
    const { found, isWhole } = await this.#list()
    if (!isWhole) throw new ShellEnded(cameraDeaf)
    const untilShownSeconds = Math.floor(untilMs / 1000) - 60 * new Date(untilMs).getTimezoneOffset()
    const unnoted = await askIdentities(this.shell, found.filter((path) => !seen.has(path)))
    await seen.complete([...unnoted].flatMap(([path, identity]) => ((identity?.shownSeconds ?? Infinity) < untilShownSeconds ? [{ path, identity }] : [])))
  }

  check(): Promise<ProbeReport> {
    return this.#alone(() => this.shell.run('pwd')).then(() => probeOk('The camera is held open and answers.'), (error: unknown) => probeFailed(error instanceof ShellEnded ? error.problem : deviceProblem(error)))
  }

  async command({ name }: DeviceCommand): Promise<Result<unknown, Problem>> {
    if (name !== 'capture') return err(problem('no-such-command', `This device does not know ${JSON.stringify(name)}. Use capture.`))
    const said = await this.#alone(() => this.shell.run('capture-image')).catch((error: unknown) => {
      if (error instanceof ShellEnded) return undefined
      throw error
    })
    if (said === undefined) return err(releaseFailed)
    this.#released = [...this.#released, ...releasedIn(said)]
    if (errorIn(said) === NOT_SUPPORTED) return err(canNotRelease)
    return errorIn(said) === undefined ? ok(null) : err(releaseFailed)
  }

  async #watch(): Promise<void> {
    const { host, options } = this.parts
    try {
      while (!this.#stop.signal.aborted) {
        await this.#alone(() => this.#look())
        await waitMs(options.pollSeconds * 1000, this.#stop.signal)
      }
      this.#end({})
    } catch (error) {
      host.log.warn('camera-ended', { reason: error instanceof ShellEnded ? error.problem.code : (error as NodeJS.ErrnoException).code ?? 'unknown' })
      this.#end(this.#stop.signal.aborted ? {} : { problem: error instanceof ShellEnded ? error.problem : deviceProblem(error) })
    } finally {
      await this.shell.stop()
      await this.parts.seen.close()
      await noteLeaving(this.parts.place, host).catch(() => undefined)
    }
  }

  #alone<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task)
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** What is new on the camera goes to the store; it counts as seen when it is durable there. */
  async #look(): Promise<void> {
    const told = await this.#refresh()
    const released = this.#released
    this.#released = []
    for (const path of [...told, ...released]) this.#same.delete(path)
    const { found, isWhole } = await this.#list()
    const replaced = await this.#replaced(found)
    const isOtherCard = this.#isOtherCard(found)
    if (isWhole) this.#there = new Set(found)
    const fresh = found.filter((path) => replaced.has(path) || !this.parts.seen.has(path))
    const isUnseen = (path: string): boolean => !released.includes(path) && (replaced.has(path) || (isOtherCard && !told.includes(path)))
    for (const path of fresh) if (!this.#begun.has(path)) this.#begun.set(path, this.#absence ?? { ...beginNow(this.parts.host), ...(isUnseen(path) ? { isUnseen: true } : {}) })
    this.#absence = undefined
    for (const path of fresh) {
      if (this.#stop.signal.aborted) return
      await this.#take(path)
    }
  }

  /** Nothing is left of what was there at the last look: whatever is there now may be from before the visit. */
  #isOtherCard(found: readonly string[]): boolean { return !found.some((path) => this.#there.has(path)) }

  /** Known names that hold another picture now: the card was formatted, or is another one. The camera is asked once for as long as a name stays on it. */
  async #replaced(found: readonly string[]): Promise<ReadonlySet<string>> {
    const { seen } = this.parts
    const listed = new Set(found)
    for (const path of this.#same) if (!listed.has(path)) this.#same.delete(path)
    const told = await askIdentities(this.shell, found.filter((path) => seen.has(path) && !this.#same.has(path)))
    const pictures = [...told].map(([path, identity]) => ({ path, identity }))
    await seen.add(pictures.filter((picture) => seen.compare(picture) === 'unnoted'))
    const others = new Set(pictures.filter((picture) => seen.compare(picture) === 'another').map(({ path }) => path))
    for (const { path } of pictures) if (!others.has(path)) this.#same.add(path)
    return others
  }

  /** Cameras tell what is new as events; a driver without events shows new pictures only when it is opened anew. The paths that were told. */
  async #refresh(): Promise<readonly string[]> {
    const { options, folder, program } = this.parts
    if (this.#tellsNews) {
      const said = await this.shell.run('wait-event 200ms')
      if (errorIn(said) !== NOT_SUPPORTED) return addedIn(said)
    }
    this.#tellsNews = false
    this.#same.clear()
    await this.shell.stop()
    this.shell = await CameraShell.open(options, { folder, program })
    return []
  }

  /** The pictures below a folder; `isWhole` is false when one of its folders could not be looked into, a busy camera's say. One that is there no more is none, however often it is asked for. */
  async #list(at = '', depth = 0): Promise<{ readonly found: string[]; readonly isWhole: boolean }> {
    const denied = errorIn(await this.shell.run(`cd ${at === '' ? '/' : at}`))
    if (denied !== undefined) return { found: [], isWhole: denied === NO_SUCH_FOLDER }
    const said = await this.shell.run('ls')
    const { folders, files } = parseListing(said)
    const found = files.filter(isPicture).map((name) => `${at}/${name}`)
    const below = []
    if (depth < MAX_DEPTH) for (const folder of folders) below.push(await this.#list(`${at}/${folder}`, depth + 1))
    return { found: [...found, ...below.flatMap((each) => each.found)], isWhole: errorIn(said) === undefined && below.every(({ isWhole }) => isWhole) }
  }

  async #take(path: string): Promise<void> {
    const { host, folder, seen } = this.parts
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    await this.shell.run(`cd ${slash === 0 ? '/' : path.slice(0, slash)}`)
    await rm(join(folder, name), { force: true })
    const said = await this.shell.run(`get ${name}`)
    const spoolPath = join(host.spoolFolder, `ptp-${randomUUID()}`)
    try {
      if (errorIn(said) !== undefined) return
      await rename(join(folder, name), spoolPath)
      const { isUnseen, ...begin } = this.#begun.get(path) ?? { visitId: null }
      const info = await this.shell.run(`show-info ${name}`)
      const takenAt = isUnseen ? takenAtIn(info, CLOCK_GRACE_MS) : undefined
      const result = await host.deliver({
        spoolPath, originalName: name, receivedAt: host.clock.now().toISOString(), source: { kind: 'ptp', deviceId: host.deviceId }, ...begin, ...(takenAt ? { takenAt } : {})
      })
      if (!result.ok) return
      await seen.add([{ path, identity: identitiesIn(info).get(name) }])
      this.#same.add(path)
      this.#begun.delete(path)
      this.#taken += 1
      host.emit?.({ type: 'session' })
    } finally {
      await rm(spoolPath, { force: true })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.shell.stop()
    this.#end({})
    await Promise.race([this.#done, waitMs(CLOSE_WITHIN_MS)])
  }
}
