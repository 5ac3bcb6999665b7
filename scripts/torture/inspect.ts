import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FaultyScp } from '../../test/fakes/faulty-scp.js'
import { Access } from '../../src/access/access.js'
import { AuditTrail } from '../../src/access/audit.js'
import { verifyAudit } from '../../src/access/verify-audit.js'
import type { Study } from '../../src/domain/study.js'
import { PatientRegistry } from '../../src/patients/patients.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Acknowledged } from './ledger.js'
import { sha256 } from './traffic.js'

/** Sentences about what went wrong, sorted by what was promised. */
export type Verdict = { readonly lost: string[]; readonly doubled: string[]; readonly illegal: string[] }
export const emptyVerdict = (): Verdict => ({ lost: [], doubled: [], illegal: [] })

const LEGAL = new Set<string>(['received', 'needs-input', 'analysing', 'ready', 'failed'])

/** What must hold: acknowledged things, files that are either in the inbox or stored, and what the PACS has. `isSettled`: nothing is under way. */
export type Known = { readonly due: readonly Acknowledged[]; readonly inInbox: readonly { fingerprint: string }[]; readonly archive: Pick<FaultyScp, 'kept'>; readonly isSettled?: boolean | undefined }

/** Opens a data folder as the appliance does at its start (it is changed by that) and holds it against what was acknowledged. */
export async function inspect(data: string, { due, inInbox, archive, isSettled = false }: Known): Promise<Verdict> {
  const verdict = emptyVerdict()
  const studies = await openStudies(data, verdict)
  const held = new Map(studies.map((study) => [study.object.fingerprint, study]))
  if (held.size < studies.length) verdict.doubled.push(`${studies.length - held.size} studies hold an object that another one holds`)
  const patients = await PatientRegistry.open({ folder: join(data, 'patients'), clock: systemClock }).catch((error: unknown) => { verdict.lost.push(`patients: ${String(error)}`); return undefined })
  await Access.open({ folder: join(data, 'access'), clock: systemClock }).catch((error: unknown) => { verdict.lost.push(`access: ${String(error)}`) })
  for (const each of due) checkKept(each, { held, verdict, isPatient: (id) => patients?.find(id) !== undefined })
  const waiting = new Set(await Promise.all((await readdir(join(data, 'inbox')).catch(() => [])).map(async (name) => sha256(await readFile(join(data, 'inbox', name))))))
  for (const { fingerprint } of inInbox) if (!held.has(fingerprint) && !waiting.has(fingerprint)) verdict.lost.push(`inbox file ${fingerprint.slice(0, 8)} is neither there nor stored`)
  checkArchive(studies, { archive, isSettled }, verdict)
  await checkAudit(join(data, 'audit'), verdict)
  return verdict
}

async function openStudies(data: string, verdict: Verdict): Promise<Study[]> {
  try {
    await using store = await StudyStore.open({ root: data, clock: systemClock, log: silentLog, reserveBytes: 0 })
    for (const id of store.damaged.keys()) verdict.illegal.push(`the document of ${id} is damaged`)
    const studies = await Promise.all(store.list({ limit: 1000, order: 'newest' }).studies.map(({ id }) => store.read(id)))
    for (const study of studies) await checkStudy(study, store, verdict)
    return studies
  } catch (error) {
    verdict.illegal.push(`the store does not open: ${String(error)}`)
    return []
  }
}

async function checkStudy(study: Study, store: StudyStore, { illegal }: Verdict): Promise<void> {
  if (!LEGAL.has(study.state)) illegal.push(`${study.id} is ${study.state}`)
  if (study.state === 'ready' && !study.triage) illegal.push(`${study.id} is ready without a verdict`)
  if (store.summary(study.id)?.revision !== study.revision) illegal.push(`the list shows another revision of ${study.id}`)
  if (study.history.length !== study.revision) illegal.push(`${study.id} has ${study.history.length} lines of history at revision ${study.revision}`)
  if (study.evicted) return
  const bytes = await readFile(store.objectPath(study)).catch(() => undefined)
  if (!bytes || sha256(bytes) !== study.object.sha256) illegal.push(`the object of ${study.id} is not what its document says`)
}

/** The documents never claim more than the PACS has; nothing is there that no document knows, and no image under two UIDs of one identity. */
function checkArchive(studies: readonly Study[], { archive, isSettled }: Pick<Known, 'archive' | 'isSettled'>, { illegal, doubled, lost }: Verdict): void {
  const deliveries = studies.flatMap(({ id, deliveries: of = [] }) => of.map((one) => ({ id, ...one })))
  for (const { id, kind, state, sopInstanceUid } of deliveries) {
    if (['accepted', 'committed'].includes(state) && !archive.kept.has(sopInstanceUid)) illegal.push(`${id} says that the PACS has its ${kind}, and it has not`)
  }
  for (const { id, evicted, deliveries: of = [] } of studies) {
    const images = of.filter(({ kind, sopInstanceUid }) => kind === 'image' && archive.kept.has(sopInstanceUid))
    if (evicted && images.length === 0) lost.push(`the image of ${id} was given up and the PACS has it not`)
    const perIdentity = new Map(images.map((one) => [one.identityHash, one.sopInstanceUid]))
    if (new Set(images.map(({ sopInstanceUid }) => sopInstanceUid)).size > perIdentity.size) doubled.push(`the image of ${id} is at the PACS under two UIDs`)
  }
  if (!isSettled) return
  const known = new Set(deliveries.map(({ sopInstanceUid }) => sopInstanceUid))
  for (const uid of archive.kept) if (!known.has(uid)) doubled.push(`the PACS has an object that no document knows (${uid.slice(-8)})`)
}

type Found = { readonly held: ReadonlyMap<string, Study>; readonly verdict: Verdict; readonly isPatient: (id: string) => boolean }

function checkKept(each: Acknowledged, { held, verdict, isPatient }: Found): void {
  if (each.kind === 'patient') {
    if (!isPatient(each.id)) verdict.lost.push('an acknowledged registration')
    return
  }
  const study = held.get(each.fingerprint)
  if (!study) verdict.lost.push(`an object acknowledged (${each.kind === 'object' ? each.by : each.kind})`)
  else if (each.kind === 'object' && each.sha256 && each.sha256 !== study.object.sha256) verdict.lost.push(`bytes of an object acknowledged by ${each.by}`)
  else if (each.kind === 'attached' && study.patientId !== each.patientId) verdict.lost.push('an acknowledged attachment')
  else if (each.kind === 'review' && !study.reviews.some(({ reason }) => reason === each.reason)) verdict.lost.push('an acknowledged review')
}

/** As `doctor` does before the next start, and again after the trail was opened as at a start. */
async function checkAudit(folder: string, { illegal }: Verdict): Promise<void> {
  if (!existsSync(folder)) return
  const found = (await verifyAudit(folder)).problem
  if (found) illegal.push(`audit chain: ${found.message}`)
  await using trail = await AuditTrail.open({ folder, clock: systemClock })
  await trail.record({ event: 'study.view', by: 'torture', via: 'system' }).catch((error: unknown) => illegal.push(`audit chain takes no entry: ${String(error)}`))
  const after = (await verifyAudit(folder)).problem
  if (after) illegal.push(`audit chain after a start: ${after.message}`)
}
