import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { StudyId } from '../domain/ids.js'
import type { Study } from '../domain/study.js'
import { isErrno } from '../platform/durable-fs.js'
import { hashFile } from '../store/check-object.js'
import { parseDocument } from '../store/durable-document.js'
import { loadIndex, NO_SNAPSHOT } from '../store/index-files.js'
import { StudyFolders } from '../store/study-folder.js'
import { deepCheckStudy, isOld } from './deep-study.js'
import { filesUnder, HOUSE_FOLDERS } from './house/list-house.js'

export type DeepProblem = { readonly where: string; readonly what: string }
export type DeepReport = {
  readonly studies: number
  /** Read and compared with their checksums. */
  readonly bytes: number
  readonly documents: number
  readonly problems: readonly DeepProblem[]
}

const AT_ONCE = 4
const SETTLE_MS = 500

/** Compares every folder, checksum, reference, delivery, orphan and list of a data folder, beside a running service too; changes nothing. */
export async function deepCheck(root: string): Promise<DeepReport> {
  const folders = new StudyFolders(root)
  const ids = await folders.listIds()
  const problems: DeepProblem[] = []
  const studies = new Map<StudyId, Study>()
  let bytes = 0
  let next = 0
  const worker = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const checked = await deepCheckStudy(folders.pathOf(id), id)
      bytes += checked.bytes
      if (checked.study) studies.set(id, checked.study)
      for (const what of checked.problems) problems.push({ where: `study ${id}`, what })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const others = await otherDocuments(root)
  return {
    studies: ids.length, bytes, documents: ids.length + others.documents,
    problems: [...problems, ...twice(studies), ...(await strangers(root)), ...(await references(root, studies)), ...(await listProblems(root, folders)), ...others.problems, ...(await quarantineProblems(root))]
  }
}

/** No two studies hold the same object, or the same place in the order. */
function twice(studies: ReadonlyMap<StudyId, Study>): DeepProblem[] {
  const seen = new Map<string, StudyId>()
  return [...studies.values()].flatMap((study) => [`fingerprint ${study.object.fingerprint}`, `sequence ${study.sequence}`].flatMap((key) => {
    const other = seen.get(key)
    seen.set(key, study.id)
    return other === undefined ? [] : [{ where: `study ${study.id}`, what: `has the same ${key.split(' ')[0]} as ${other}` }]
  }))
}

/** What lies between the studies and belongs to none. */
async function strangers(root: string): Promise<DeepProblem[]> {
  const problems: DeepProblem[] = []
  for (const entry of await readdir(join(root, 'studies', '.new')).catch(() => [])) {
    if (await isOld(join(root, 'studies', '.new', entry))) problems.push({ where: `studies/.new/${entry}`, what: 'was never finished (it is removed at the next start)' })
  }
  return problems
}

/** Persons that studies name. */
async function references(root: string, studies: ReadonlyMap<StudyId, Study>): Promise<DeepProblem[]> {
  const known = new Set((await filesUnder(join(root, 'patients'))).flatMap((path) => /(P-[0-9A-Z-]+)(?:\/|\.json)/.exec(relative(root, path))?.[1] ?? []))
  return [...studies.values()].filter(({ patientId }) => patientId !== undefined && !known.has(patientId)).map(({ id }) => ({ where: `study ${id}`, what: 'is attached to a person who is not registered' }))
}

/** The lists say what the folders say; where they differ they are looked at again, since a service may be at work. */
async function listProblems(root: string, folders: StudyFolders): Promise<DeepProblem[]> {
  const first = await listDifferences(root, folders)
  if (first.length === 0) return []
  await new Promise((resolve) => { setTimeout(resolve, SETTLE_MS) })
  const again = new Set((await listDifferences(root, folders)).map(({ where, what }) => `${where} ${what}`))
  return first.filter(({ where, what }) => again.has(`${where} ${what}`))
}

async function listDifferences(root: string, folders: StudyFolders): Promise<DeepProblem[]> {
  const loaded = await loadIndex(join(root, 'index')).catch((error: unknown) => ({ unusable: isErrno(error, 'ENOENT') ? NO_SNAPSHOT : 'not readable' }))
  if ('unusable' in loaded) return loaded.unusable === NO_SNAPSHOT ? [] : [{ where: 'index', what: `can not be used: ${loaded.unusable} (a start makes it anew)` }]
  const ids = new Set(await folders.listIds())
  const gone = [...loaded.summaries.keys()].filter((id) => !ids.has(id) && !loaded.doubtful.has(id)).map((id) => ({ where: `study ${id}`, what: 'is in the lists and has no folder' }))
  const differing: DeepProblem[] = []
  for (const id of ids) {
    if (loaded.doubtful.has(id)) continue
    const summary = loaded.summaries.get(id)
    const study = parseDocument(await readFile(join(folders.pathOf(id), 'study.json'), 'utf8').catch(() => ''))?.data as Study | undefined
    if (!study) continue
    if (!summary) differing.push({ where: `study ${id}`, what: 'is missing from the lists (a start finds it)' })
    else if (summary.revision !== study.revision || summary.state !== study.state) differing.push({ where: `study ${id}`, what: 'is not in the lists as its document says' })
  }
  return [...gone, ...differing]
}

/** Every document that carries a checksum has the right one, or its previous version has. */
async function otherDocuments(root: string): Promise<{ documents: number; problems: DeepProblem[] }> {
  const problems: DeepProblem[] = []
  let documents = 0
  for (const path of (await Promise.all(HOUSE_FOLDERS.map((name) => filesUnder(join(root, name))))).flat().filter((name) => name.endsWith('.json'))) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    documents += 1
    if (isWhole(text)) continue
    const again = await readFile(path, 'utf8').catch(() => undefined)
    if (again === undefined || isWhole(again)) continue
    const previous = await readFile(`${path}.previous`, 'utf8').then(isWhole, () => false)
    problems.push({ where: relative(root, path), what: previous ? 'is damaged; the version before it is in force' : 'is damaged' })
  }
  return { documents, problems }
}

/** JSON without a checksum is whole when it can be read. */
function isWhole(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed !== 'object' || parsed === null || !('checksum' in parsed && 'data' in parsed) || parseDocument(text) !== undefined
  } catch {
    return false
  }
}

async function quarantineProblems(root: string): Promise<DeepProblem[]> {
  const problems: DeepProblem[] = []
  for (const id of (await readdir(join(root, 'quarantine')).catch(() => [])).filter((name) => name !== '.new')) {
    const entry = parseDocument(await readFile(join(root, 'quarantine', id, 'entry.json'), 'utf8').catch(() => ''))?.data as { sha256: string } | undefined
    const held = await hashFile(join(root, 'quarantine', id, 'bytes')).catch(() => undefined)
    if (!(await stat(join(root, 'quarantine', id)).catch(() => undefined))) continue
    if (!entry || held?.sha256 !== entry.sha256) problems.push({ where: `quarantine/${id}`, what: 'is damaged' })
  }
  return problems
}
