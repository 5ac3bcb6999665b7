import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
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

/** Opens a data folder as the appliance does at its start (it is changed by that) and holds it against what was acknowledged. */
export async function inspect(data: string, due: readonly Acknowledged[], inInbox: readonly { fingerprint: string }[] = []): Promise<Verdict> {
  const verdict = emptyVerdict()
  const studies = await openStudies(data, verdict)
  const held = new Map(studies.map((study) => [study.object.fingerprint, study]))
  if (held.size < studies.length) verdict.doubled.push(`${studies.length - held.size} studies hold an object that another one holds`)
  const patients = await PatientRegistry.open({ folder: join(data, 'patients'), clock: systemClock }).catch((error: unknown) => { verdict.lost.push(`patients: ${String(error)}`); return undefined })
  await Access.open({ folder: join(data, 'access'), clock: systemClock }).catch((error: unknown) => { verdict.lost.push(`access: ${String(error)}`) })
  for (const each of due) checkKept(each, { held, verdict, isPatient: (id) => patients?.find(id) !== undefined })
  const waiting = new Set(await Promise.all((await readdir(join(data, 'inbox')).catch(() => [])).map(async (name) => sha256(await readFile(join(data, 'inbox', name))))))
  for (const { fingerprint } of inInbox) if (!held.has(fingerprint) && !waiting.has(fingerprint)) verdict.lost.push(`inbox file ${fingerprint.slice(0, 8)} is neither there nor stored`)
  await checkAudit(join(data, 'audit'), verdict)
  return verdict
}

async function openStudies(data: string, verdict: Verdict): Promise<Study[]> {
  try {
    await using store = await StudyStore.open({ root: data, clock: systemClock, log: silentLog, reserveBytes: 0 })
    for (const id of store.damaged) verdict.illegal.push(`the document of ${id} is damaged`)
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
  const bytes = await readFile(store.objectPath(study)).catch(() => undefined)
  if (!bytes || sha256(bytes) !== study.object.sha256) illegal.push(`the object of ${study.id} is not what its document says`)
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
