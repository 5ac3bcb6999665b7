import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import { eyeInName } from '../domain/eye-in-name.js'
import { PATIENT_ID_PATTERN } from '../domain/ids.js'
import type { Receipt } from '../domain/arrival.js'
import { RevisionConflictError, StoreFullError } from '../domain/errors.js'
import type { Patient } from '../domain/patient.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { isErrno } from '../platform/durable-fs.js'
import { spoolStream } from '../platform/spool-stream.js'
import { recordOrRefuse } from './audit-views.js'
import type { WebDependencies, WebLimits } from './dependencies.js'
import { HttpError, badRequest } from './http-error.js'
import type { RouteRequest } from './route.js'
import { limitSilence } from './silence.js'

/**
 * Of an image that was here already: whose it is. attached: it was nobody's and is now the chosen patient's. other: it stays that of somebody else than the one
 * chosen. known: of the one chosen, or none was. nobody: none was chosen, and nobody has said.
 */
export type Whose = { readonly whose: 'attached' | 'other' | 'known' | 'nobody'; readonly patient?: Pick<Patient, 'id' | 'name' | 'identifier'> }

/** What became of one file of an upload; `failed` means that nothing of it was kept. */
export type UploadOutcome = { readonly file: string; readonly outcome: Receipt['outcome'] | 'failed'; readonly studyId?: string; readonly quarantineId?: string; readonly problem?: Problem } & Partial<Whose>

type Fields = { patientId?: string; laterality?: 'L' | 'R'; film?: string; takenAt?: string }
type Spooled = { readonly file: string; readonly path: string; readonly problem?: Problem }

const MOST_FILES = 200
const anyRoom = (): Promise<boolean> => Promise.resolve(true)
export const FULL = problem('store-full', 'The disk of the appliance is full: nothing was taken. Keep the image and tell the technician.')

/**
 * A multipart body: every file is spooled, delivered and durable before this returns. Fields `patientId`, `laterality` (L or R)
 * and `takenAt` hold for all files of the request, wherever they stand in it.
 */
export async function receiveUploads(deps: WebDependencies, request: RouteRequest, limits: Pick<WebLimits, 'maxUploadBytes'>): Promise<UploadOutcome[]> {
  const { files, fields } = await spoolAll(deps, request, limits)
  try {
    const wrong = checkFields(deps, fields)
    if (wrong) throw new HttpError(400, wrong)
    if (files.length === 0) throw badRequest('no-file', 'There is no file in this upload. Choose one or more images (field `file`).', 'file')
    const outcomes: UploadOutcome[] = []
    for (const file of files) outcomes.push(await deliverOne(deps, request, file, fields))
    return outcomes
  } finally {
    await Promise.all(files.map(({ path }) => rm(path, { force: true })))
  }
}

/** 200 when every file was taken and can be read, 507 when the disk is full, 207 (look at each) otherwise. */
export function statusOf(outcomes: readonly UploadOutcome[]): number {
  if (outcomes.some(({ problem: why }) => why?.code === 'store-full')) return 507
  return outcomes.every(({ outcome }) => outcome === 'stored' || outcome === 'duplicate') ? 200 : 207
}

/** The rule that a field breaks, or undefined. */
export function checkFields(deps: WebDependencies, fields: { patientId?: string | null; laterality?: string | null; takenAt?: string | null }): Problem | undefined {
  if (fields.patientId && !(PATIENT_ID_PATTERN.test(fields.patientId) && deps.patients.find(fields.patientId))) {
    return problem('no-such-patient', 'There is no such patient. Choose the patient again, then send the images.', 'patientId')
  }
  if (fields.laterality && fields.laterality !== 'L' && fields.laterality !== 'R') return problem('bad-laterality', 'Choose L or R for the side, or leave it open.', 'laterality')
  if (fields.takenAt && !TIME.test(fields.takenAt)) return problem('bad-time', 'Give the time of the picture as yyyy-mm-ddThh:mm:ssZ (by the clock of the appliance), or leave it out.', 'takenAt')
  return undefined
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$/

async function spoolAll(deps: WebDependencies, { ctx }: RouteRequest, limits: Pick<WebLimits, 'maxUploadBytes'>): Promise<{ files: Spooled[]; fields: Fields }> {
  const fields: Record<string, string> = {}
  const writing: Promise<Spooled>[] = []
  const streams: Readable[] = []
  let parser: busboy.Busboy
  try {
    parser = busboy({ headers: ctx.req.headers, defParamCharset: 'utf8', limits: { fileSize: limits.maxUploadBytes, files: MOST_FILES, fields: 20, fieldSize: 1024 } })
  } catch {
    throw badRequest('not-multipart', 'Send the files as multipart/form-data in the field `file`.')
  }
  parser.on('field', (name, value) => { if (value !== '') fields[name] = value })
  parser.on('file', (name, stream, info) => {
    stream.on('error', () => undefined)
    if (name !== 'file' || !info.filename) stream.resume()
    else {
      streams.push(stream)
      writing.push(spoolOne(deps, stream, info.filename))
    }
  })
  const unlimited = limitSilence(ctx.req)
  let broken = false
  await pipeline(ctx.req, parser).catch(() => { broken = true })
  // A parser that gives up does not always end the file that it was in: its writer would wait for ever.
  if (broken) for (const stream of streams) stream.destroy(new Error('the upload broke off'))
  unlimited()
  const files = await Promise.all(writing)
  if (broken) {
    await Promise.all(files.map(({ path }) => rm(path, { force: true })))
    throw badRequest('upload-incomplete', 'The upload stopped before its end; nothing was taken. Send it again.')
  }
  return { files, fields: fields as Fields }
}

export const TOO_LARGE = problem('too-large', 'This file is larger than the appliance takes. Send a smaller export of the image.')

/** Never rejects: a failing file is reported as its own problem while the others go on. */
async function spoolOne(deps: WebDependencies, stream: Readable & { truncated?: boolean }, file: string): Promise<Spooled> {
  const path = join(deps.spoolFolder, `upload-${randomUUID()}.part`)
  try {
    await spoolStream(stream, path, { hasRoomFor: deps.hasRoomFor ?? anyRoom })
    return stream.truncated ? { file, path, problem: TOO_LARGE } : { file, path }
  } catch (error) {
    await rm(path, { force: true })
    return { file, path, problem: isErrno(error, 'ENOSPC', 'EDQUOT') || error instanceof StoreFullError ? FULL : problem('upload-failed', 'This file could not be written. Send it again.') }
  }
}

async function deliverOne(deps: WebDependencies, request: RouteRequest, spooled: Spooled, fields: Fields): Promise<UploadOutcome> {
  const { file } = spooled
  if (spooled.problem) return { file, outcome: 'failed', problem: spooled.problem }
  return { file, ...(await deliverUpload(deps, { ...fields, path: spooled.path, name: file, operator: request.caller?.id, via: request.caller?.via })) }
}

export type UploadedFile = Fields & { readonly path: string; readonly name?: string; readonly operator?: string; readonly via?: 'session' | 'token' }

/** Hands one complete spool file over and records it; durable when it returns anything but `failed`. Where nobody was chosen it is nobody's, whichever visit has the device for photos of films. */
export async function deliverUpload(deps: WebDependencies, uploaded: UploadedFile): Promise<Omit<UploadOutcome, 'file'>> {
  const { operator } = uploaded
  const laterality = uploaded.laterality ?? (uploaded.film ? undefined : eyeInName(uploaded.name ?? '', 'person'))
  const source = uploaded.film ? { kind: 'film-photo', deviceId: filmDeviceOf(deps) } : { kind: 'upload', deviceId: 'upload' }
  const patientId = uploaded.patientId ? deps.patients.find(uploaded.patientId)?.id : undefined
  const delivered = await deps.deliver({
    spoolPath: uploaded.path, source: { ...source, ...(operator ? { operator } : {}) }, receivedAt: deps.clock.now().toISOString(),
    ...(uploaded.name ? { originalName: uploaded.name } : {}), ...(patientId ? { patientId } : { visitId: null }), ...(uploaded.via === 'session' ? { byHand: true } : {}), ...(laterality ? { laterality } : {}), ...(uploaded.takenAt ? { takenAt: uploaded.takenAt } : {})
  })
  if (!delivered.ok) return { outcome: 'failed', problem: delivered.error }
  const { outcome, studyId, quarantineId, problem: why } = delivered.value
  await recordOrRefuse(deps, { event: 'upload', by: operator ?? 'unknown', via: uploaded.via, studyId, patientId, detail: outcome })
  const known = outcome === 'duplicate' && studyId ? await whoseOf(deps, studyId, { ...uploaded, patientId }) : {}
  return { outcome, ...(studyId ? { studyId } : {}), ...(quarantineId ? { quarantineId } : {}), ...(why ? { problem: why } : {}), ...known }
}

/** One of nobody becomes the chosen patient's as by a choice on its own page; one of somebody else is never given away. */
async function whoseOf(deps: WebDependencies, studyId: string, chosen: Pick<UploadedFile, 'patientId' | 'operator' | 'via'>): Promise<Whose> {
  const { revision, patientId } = await deps.store.read(studyId)
  if (chosen.patientId && patientId === undefined) {
    if (!(await attach(deps, { id: studyId, revision, patientId: chosen.patientId }, chosen))) return whoseOf(deps, studyId, chosen)
    return { whose: 'attached', ...briefly(deps.patients.find(chosen.patientId)) }
  }
  const patient = patientId === undefined ? undefined : deps.patients.find(patientId)
  return { whose: !patient ? 'nobody' : chosen.patientId && chosen.patientId !== patient.id ? 'other' : 'known', ...briefly(patient) }
}

const briefly = (patient: Patient | undefined): Pick<Whose, 'patient'> =>
  (patient ? { patient: { id: patient.id, name: patient.name, ...(patient.identifier ? { identifier: patient.identifier } : {}) } } : {})

/** False when the study was changed meanwhile. */
async function attach(deps: WebDependencies, study: { id: string; revision: number; patientId: string }, { operator, via }: Pick<UploadedFile, 'operator' | 'via'>): Promise<boolean> {
  const by = operator ?? 'unknown'
  try {
    await deps.commands.attach(study.id, study.patientId, { by, expectedRevision: study.revision })
  } catch (error) {
    if (error instanceof RevisionConflictError) return false
    throw error
  }
  await recordOrRefuse(deps, { event: 'study.attach', by, via, studyId: study.id, patientId: study.patientId })
  return true
}

/** A photograph of a film counts as one of the configured device for such, where there is one. */
const filmDeviceOf = ({ devices }: WebDependencies): string => devices.status().find(({ kind }) => kind === 'film-photo')?.id ?? 'film-photo'
