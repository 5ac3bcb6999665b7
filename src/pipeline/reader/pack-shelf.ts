import { join } from 'node:path'
import type { ExecutionProvider } from '../../domain/finding.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import { checkGolden, rememberPhantoms, type DrawPhantom, type GoldenParts } from '../../inference/golden.js'
import { findEngine } from '../../inference/engines.js'
import { checkPacks, packsInService, type CheckedPack, type PackCheck } from '../../inference/packs.js'
import { applySiteThresholds, readSiteThresholds } from '../../inference/site-thresholds.js'
import { openSession, type Session } from '../../inference/session.js'
import { namesIn } from '../../triage/operating-point.js'
import type { PackState } from './protocol.js'
import { readerOf, type Candidate } from './route.js'

/** Told that a pack was proven or left service, and that one of its golden cases is done. */
export type ShelfNews = { readonly changed?: () => void; readonly progressed?: () => void }

export type LoadedPack = { readonly pack: CheckedPack; readonly session: Session }

/**
 * The packs of one folder: their files are checked at once; model and golden cases before the first use of each pack. A version that
 * fails steps aside for the next older one in order.
 */
export class PackShelf {
  readonly #loading = new Map<string, Promise<LoadedPack | undefined>>()
  readonly #failed = new Map<PackCheck, Problem>()
  /** While all packs are loaded; kept no longer than that. */
  #drawPhantom: DrawPhantom | undefined
  provider: ExecutionProvider | 'none' = 'none'

  /** Why a pack's compiled engine does not serve though there is one. */
  readonly #slower = new Map<PackCheck, Problem>()

  private constructor(private readonly checks: readonly PackCheck[], private readonly news: ShelfNews, private readonly enginesFolder: string | undefined) {}

  /** `thresholdsFolder` holds what a site fitted on its own cases, `enginesFolder` what was compiled for this GPU; none where left out. */
  static async open(folder: string, { thresholdsFolder, enginesFolder }: { thresholdsFolder?: string; enginesFolder?: string } = {}, news: ShelfNews = {}): Promise<PackShelf> {
    const checks = await checkPacks(folder)
    const applied = thresholdsFolder === undefined ? checks : applySiteThresholds(checks, await readSiteThresholds(thresholdsFolder))
    return new PackShelf(applied, news, enginesFolder)
  }

  /** Loads every pack, the gate first because every reading needs it; resolves when each is proven or out of service. */
  async loadAll(): Promise<void> {
    this.#drawPhantom = rememberPhantoms()
    await this.loadGate()
    for (const { id } of this.#inOrder()) await this.load(id)
    this.#drawPhantom = undefined
  }

  /** The pack ready to run, its golden cases passed; undefined when no version of it is in service. */
  load(id: string): Promise<LoadedPack | undefined> {
    const known = this.#loading.get(id)
    if (known) return known
    const loading = this.#loadNewest(id)
    this.#loading.set(id, loading)
    return loading
  }

  /** Gives the models' memory back; the next use loads and proves them again. */
  async unload(): Promise<void> {
    const loaded = [...this.#loading.values()]
    this.#loading.clear()
    for (const pack of await Promise.all(loaded)) await pack?.session.release()
  }

  /** The gate ready to run. */
  async loadGate(): Promise<LoadedPack | undefined> {
    const gate = this.#inOrder().find(({ manifest }) => manifest.task === 'image-type')
    return gate && this.load(gate.id)
  }

  /** What images can be routed to. */
  candidates(): Candidate[] {
    return this.#inOrder().filter(({ manifest }) => manifest.task !== 'image-type').map(({ id, manifest }) => ({ id, modality: manifest.modality }))
  }

  states(): PackState[] {
    const serving = new Set<PackCheck>(this.#inOrder())
    return this.checks.map((check) => {
      const found = this.#problemOf(check, serving)
      const { id, version, sha256, manifest } = check
      return {
        id, version, ...(sha256 ? { sha256 } : {}), inService: serving.has(check), ...(found ? { problem: found } : {}),
        ...slower(this.#slower.get(check)), ...(serving.has(check) ? { ...this.#behind(check), points: namesIn(check.operatingPoints!) } : {}),
        task: manifest?.task ?? 'unknown', modality: manifest?.modality ?? 'unknown', asksAge: manifest?.minimumAgeYears !== undefined
      }
    })
  }

  /** That a threshold was not fitted on an older version is no problem while a newer one serves. */
  #problemOf(check: PackCheck, serving: ReadonlySet<PackCheck>): Problem | undefined {
    const found = check.problem ?? this.#failed.get(check)
    const newer = this.checks.slice(0, this.checks.indexOf(check)).some((each) => each.id === check.id && serving.has(each))
    return newer && found?.code === 'threshold-not-recalibrated' ? undefined : found
  }

  #behind({ id }: PackCheck): Pick<PackState, 'behind'> {
    const candidates = this.candidates()
    const modality = candidates.find((each) => each.id === id)?.modality
    const first = modality === undefined || modality === 'any' ? undefined : readerOf(modality, candidates)
    return first === undefined || first.id === id ? {} : { behind: first.id }
  }

  #inOrder(): CheckedPack[] { return packsInService(this.checks.filter((check) => !this.#failed.has(check))) }

  async #loadNewest(id: string): Promise<LoadedPack | undefined> {
    for (let pack = this.#find(id); pack; pack = this.#find(id)) {
      const loaded = await this.#prove(pack)
      this.news.changed?.()
      if (loaded) return loaded
    }
    return undefined
  }

  #find(id: string): CheckedPack | undefined { return this.#inOrder().find((pack) => pack.id === id) }

  /** The compiled engine when it is there, opens on this GPU and answers as it should; else the model itself, by CUDA or CPU. */
  async #prove(pack: CheckedPack): Promise<LoadedPack | undefined> {
    const engine = this.enginesFolder === undefined ? undefined : await findEngine(this.enginesFolder, pack.sha256)
    if (engine === undefined) return this.#proveModel(pack)
    const session = await openModel(pack, engine, ['tensorrt'])
    const failure = 'code' in session ? session : await checkGolden(pack, session, this.#golden())
    if (!failure && !('code' in session)) return this.#serve(pack, session)
    if (!('code' in session)) await session.release()
    this.#slower.set(pack, problem('engine-not-serving', `${pack.id}/${pack.version}: its compiled engine does not serve on this machine, so images are read more slowly. Run: screenpost compile`))
    return this.#proveModel(pack)
  }

  #golden(): GoldenParts {
    return { ...(this.#drawPhantom ? { drawPhantom: this.#drawPhantom } : {}), ...(this.news.progressed ? { caseDone: this.news.progressed } : {}) }
  }

  #serve(pack: CheckedPack, session: Session): LoadedPack {
    this.provider = session.provider
    return { pack, session }
  }

  async #proveModel(pack: CheckedPack): Promise<LoadedPack | undefined> {
    const session = await openModel(pack, join(pack.folder, pack.manifest.model.file), ['cuda', 'cpu'])
    const failure = 'code' in session ? session : await checkGolden(pack, session, this.#golden())
    if (failure || 'code' in session) {
      if (!('code' in session)) await session.release()
      this.#failed.set(pack, failure ?? (session as Problem))
      return undefined
    }
    return this.#serve(pack, session)
  }
}

const slower = (why: Problem | undefined): Pick<PackState, 'slower'> => (why ? { slower: why } : {})

/** A session whose inputs and outputs are those of the manifest, or why not. */
async function openModel(pack: CheckedPack, path: string, providers: readonly ExecutionProvider[]): Promise<Session | Problem> {
  const { manifest } = pack
  const name = `${pack.id}/${pack.version}`
  try {
    const session = await openSession(path, { providers })
    const wanted = Object.values(manifest.outputs).filter((output) => output !== undefined)
    const missing = [...wanted.filter((output) => !session.outputNames.includes(output)), ...(session.inputNames.includes(manifest.input.name) ? [] : [manifest.input.name])]
    if (missing.length === 0) return session
    await session.release()
    return problem('pack-names-mismatch', `${name}: the model has no ${missing.join(', ')}, which the manifest names. Make model and manifest by the same recipe.`)
  } catch (error) {
    return problem('pack-model-failed', `${name}: no provider can run the model (${error instanceof Error ? error.message : String(error)}). Copy the pack again from its release.`)
  }
}
