import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isProven } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'
import { bytesOf } from '../domain/study.js'
import type { Study } from '../domain/study.js'
import { isErrno } from '../platform/durable-fs.js'
import { checkObject } from '../store/check-object.js'
import { parseDocument } from '../store/durable-document.js'
import { isSound } from './examine-study.js'

export type DeepStudy = { readonly study: Study | undefined; readonly problems: readonly string[]; readonly bytes: number }

const STATES: readonly string[] = ['received', 'needs-input', 'analysing', 'ready', 'failed']
const DELIVERY_STATES: readonly string[] = ['pending', 'sent', 'accepted', 'accepted-with-warning', 'committed', 'needs-person', 'superseded', 'needs-correction', 'withdrawn']
const DOCUMENTS = /^study\.json(\.previous|\.v\d+)?(\.damaged)?$/
/** A service may be writing right now. */
const YOUNG_MS = 5 * 60_000

/** Everything that must hold for one study folder; problems in words without anything about a person. */
export async function deepCheckStudy(folder: string, id: StudyId): Promise<DeepStudy> {
  const study = await readDocument(folder)
  if (!study) return { study: undefined, problems: ['the document can not be read'], bytes: 0 }
  const problems = [
    ...documentProblems(study, id), ...(await previousProblems(folder)), ...deliveryProblems(study), ...(await objectProblems(folder, study)), ...(await pictureProblems(folder, study)), ...(await orphans(folder, study))
  ]
  return { study, problems, bytes: study.evicted ? 0 : bytesOf(study.object).bytes }
}

/** Twice, since a service may replace it between two reads. */
async function readDocument(folder: string): Promise<Study | undefined> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const parsed = parseDocument(await readFile(join(folder, 'study.json'), 'utf8').catch(() => ''))
    if (parsed) return parsed.data as Study
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  return undefined
}

/** Twice, for the same reason; there is none before the first change. */
async function previousProblems(folder: string): Promise<string[]> {
  const isDamaged = (): Promise<boolean> => readFile(join(folder, 'study.json.previous'), 'utf8').then((text) => parseDocument(text) === undefined, (error: unknown) => !isErrno(error, 'ENOENT'))
  return (await isDamaged()) && (await isDamaged()) ? ['the version before the document is damaged (the slow check writes it again)'] : []
}

function documentProblems(study: Study, id: StudyId): string[] {
  return [
    ...(study.id === id ? [] : ['the document names another study']),
    ...(STATES.includes(study.state) ? [] : [`the state ${study.state} does not exist`]),
    ...(study.state === 'ready' && !study.triage ? ['it is ready without a verdict'] : []),
    ...(study.history.length >= 1 && study.revision >= 1 ? [] : ['it has no history'])
  ]
}

function deliveryProblems({ deliveries = [], evicted }: Study): string[] {
  const names = deliveries.map(({ destination, sopInstanceUid }) => `${destination} ${sopInstanceUid}`)
  return [
    ...(new Set(names).size === names.length ? [] : ['one object is to be delivered twice to one destination']),
    ...deliveries.filter(({ state }) => !DELIVERY_STATES.includes(state)).map(({ state }) => `the delivery state ${state} does not exist`),
    ...(evicted?.archives ?? []).filter((archive) => !deliveries.some((one) => one.destination === archive && one.kind === 'image' && isProven(one))).map((archive) => `its image was given up, but ${archive} has not promised to keep it`)
  ]
}

async function objectProblems(folder: string, { object, evicted }: Study): Promise<string[]> {
  const path = join(folder, bytesOf(object).name)
  if (evicted) return (await exists(path)) ? ['its image was given up and is still there (the service removes it at its next start)'] : []
  const condition = await checkObject(path, bytesOf(object))
  return condition === 'good' ? [] : [`the image is ${condition}`]
}

async function pictureProblems(folder: string, { reading, evicted }: Study): Promise<string[]> {
  if (evicted) return []
  const files = (reading?.derived ?? []).filter(({ role }) => role !== 'full')
  const sound = await Promise.all(files.map((file) => isSound(join(folder, 'derived', basename(file.name)), file)))
  return sound.includes(false) ? [`${sound.filter((one) => !one).length} pictures for display are missing or damaged`] : []
}

async function orphans(folder: string, { object }: Study): Promise<string[]> {
  const names = await readdir(folder)
  const strange = names.filter((name) => name !== 'derived' && name !== bytesOf(object).name && !DOCUMENTS.test(name)).map((name) => join(folder, name))
  const unfinished = (await readdir(join(folder, 'derived')).catch(() => [])).filter((name) => name.endsWith('.tmp')).map((name) => join(folder, 'derived', name))
  const old = await Promise.all([...strange, ...unfinished].map((path) => isOld(path)))
  const count = old.filter(Boolean).length
  return count === 0 ? [] : [`${count} files belong to nothing`]
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false)
/** Gone meanwhile is fine. */
export const isOld = (path: string): Promise<boolean> => stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs > YOUNG_MS, () => false)
