import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { DerivedFile } from '../../domain/reading.js'
import { heatmapShown } from '../../domain/reading.js'
import { problem } from '../../domain/problem.js'
import type { Study } from '../../domain/study.js'
import { isWrongImage } from '../../domain/study.js'
import { isBlind, viewFor } from '../blind.js'
import type { WebDependencies } from '../dependencies.js'
import { isLocale, wordsFor } from '../../i18n/words.js'
import { HttpError, notFound } from '../http-error.js'
import { checkObject } from '../../store/check-object.js'
import { localeOf } from '../language-cookie.js'
import { eyesOfPhoto } from '../patient-eyes.js'
import { priorOf } from '../prior.js'
import { dayAsked, registerEntries } from '../register.js'
import { registerLines } from '../views/register.js'
import type { Route, RouteRequest } from '../route.js'
import { oneOf, wholeNumber } from './input.js'
import { studyIdOf } from './studies.js'

const TYPES: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' }
const OBJECT_TYPES: Readonly<Record<Study['object']['content'], string>> = { dicom: 'application/dicom', jpeg: 'image/jpeg', png: 'image/png', tiff: 'image/tiff', bmp: 'image/bmp' }
const NO_PICTURE = 'There is no picture of this study (yet). Wait until it is read; when reading failed, ask for it to be read again.'

const inArchive = (archives: readonly string[]): HttpError => new HttpError(410, problem('image-in-archive', `This image is kept by ${archives.join(', ')} and no longer here. Look at it there.`))

/** Sends one derived file; the browser may keep it, and asks again whether it changed. */
async function sendDerived(deps: WebDependencies, request: RouteRequest, study: Study, file: DerivedFile | undefined): Promise<void> {
  if (study.evicted) throw inArchive(study.evicted.archives)
  if (!file) throw notFound(NO_PICTURE)
  const path = join(deps.store.derivedFolder(study.id), basename(file.name))
  if (file.sha256 !== undefined) await requireSound(deps, study, { path, sha256: file.sha256 })
  await sendFile(request, path, { type: TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream', tag: `${study.reading?.pack?.sha256.slice(0, 8) ?? ''}` })
}

/** A picture with other bytes than were drawn is not shown; the slow check draws it again at once. */
async function requireSound({ store }: WebDependencies, { id }: Study, { path, sha256 }: { path: string; sha256: string }): Promise<void> {
  const bytes = await stat(path).then(({ size }) => size, () => undefined)
  if (bytes === undefined || (await checkObject(path, { sha256, bytes })) === 'good') return
  store.reportDamage(id)
  throw new HttpError(503, problem('picture-damaged', 'This picture is damaged on the disk and is drawn again now. Open it again in a minute.'), { 'Retry-After': '30' })
}

async function sendFile({ ctx }: RouteRequest, path: string, { type, tag }: { type: string; tag: string }): Promise<void> {
  const info = await stat(path).catch(() => undefined)
  if (!info?.isFile()) throw notFound(NO_PICTURE)
  ctx.set('Cache-Control', 'private, no-cache')
  const etag = `"${tag}${info.size.toString(36)}-${Math.trunc(info.mtimeMs).toString(36)}"`
  ctx.set('ETag', etag)
  if (ctx.get('if-none-match').includes(etag)) {
    ctx.status = 304
    return
  }
  ctx.body = createReadStream(path)
  ctx.set('Content-Type', type)
  ctx.set('Content-Length', String(info.size))
}

async function image(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const study = await deps.store.read(studyIdOf(request))
  const role = oneOf(request, 'size', ['tablet', 'full']) === 'tablet' ? 'preview' : 'full'
  const frame = wholeNumber(request, 'frame', { low: 0, high: 100_000, otherwise: 0 })
  const files = study.reading?.derived.filter((file) => file.role === role) ?? []
  const written = files.find((file) => (file.frame ?? 0) === frame) ?? (request.query.has('frame') ? undefined : files[0])
  await sendDerived(deps, request, study, written ?? (role === 'full' ? await fullFrame(deps, study, frame) : undefined))
}

/** @throws HttpError 503 when the reader can't make it now */
async function fullFrame({ fullFrame: find }: WebDependencies, study: Study, frame: number): Promise<DerivedFile | undefined> {
  const found = await find(study, frame)
  if (!found.ok) throw new HttpError(503, found.error, { 'Retry-After': '5' })
  return found.value
}

async function heatmap(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const study = await deps.store.read(studyIdOf(request))
  const wanted = request.query.get('finding')
  const files = study.reading?.derived.filter((file) => file.role === 'heatmap') ?? []
  await sendDerived(deps, request, study, wanted ? files.find((file) => file.name === `heatmap-${wanted}.png`) : study.reading && heatmapShown(study.reading))
}

async function thumbnail(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const study = await deps.store.read(studyIdOf(request))
  await sendDerived(deps, request, study, study.reading?.derived.find((file) => file.role === 'thumbnail'))
}

/** The earlier image from the centre that the page lays beside this one. */
async function prior(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const study = await deps.store.read(studyIdOf(request))
  const patient = study.patientId ? deps.patients.find(study.patientId) : undefined
  const others = patient ? deps.store.list({ patientId: patient.id, order: 'newest', limit: 50 }).studies : []
  const found = patient && await priorOf(deps.priors, patient, { study, others })
  if (!found || !deps.priors) throw notFound('No earlier image of this patient came from the centre.')
  await sendFile(request, deps.priors.picture(found), { type: 'image/png', tag: 'prior' })
}

/** The bytes as received; patient data is in them. */
async function object(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const study = await deps.store.read(studyIdOf(request))
  if (study.evicted) throw inArchive(study.evicted.archives)
  request.ctx.attachment(`${study.id}${study.object.name.slice(study.object.name.lastIndexOf('.'))}`)
  await sendFile(request, deps.store.objectPath(study), { type: OBJECT_TYPES[study.object.content], tag: study.object.sha256.slice(0, 16) })
}

/** In the language asked for (`?language=`), else the caller's own. */
const languageOf = (request: RouteRequest): string => {
  const asked = request.query.get('language') ?? ''
  return isLocale(asked) ? asked : localeOf(request.ctx, request.caller?.language)
}

async function paper(deps: WebDependencies, request: RouteRequest, kind: 'report' | 'letter'): Promise<void> {
  const study = await deps.store.read(studyIdOf(request))
  if (isBlind(study, request.caller)) throw new HttpError(403, problem('second-reader', 'You are the second reader: decide first, then the report is shown.'))
  if (kind === 'report' && (study.state === 'received' || study.state === 'analysing')) throw new HttpError(409, problem('still-reading', 'This image is still being read, so there is no report yet. Wait a moment and ask again.'))
  if (kind === 'letter' && isWrongImage(study)) throw new HttpError(422, problem('no-letter', 'This is no image that is read here, so there is no letter of it. Print the letter of another image of the person.'))
  const patient = study.patientId ? deps.patients.find(study.patientId) : undefined
  const eyes = await eyesOfPhoto(deps.store, study, { patient, view: viewFor(request.caller) })
  const bytes = await deps.reportPdf(study, patient, { language: languageOf(request), kind, ...(eyes ? { eyes } : {}) })
  sendPdf(request, bytes, kind === 'letter' ? `${study.id}-letter` : study.id)
}

function sendPdf({ ctx }: RouteRequest, bytes: Uint8Array, name: string): void {
  ctx.body = Buffer.from(bytes)
  ctx.set('Content-Type', 'application/pdf')
  ctx.set('Content-Disposition', `inline; filename="${name}.pdf"`)
}

async function register(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const words = wordsFor(languageOf(request))
  const day = dayAsked(request.query.get('day'), deps.clock.now())
  const lines = registerLines({ entries: registerEntries(deps, day, request.caller), words, now: deps.clock.now().toISOString() })
  sendPdf(request, await deps.registerPdf({ day, lines, language: words.locale }), `register-${day}`)
}

export function pictureRoutes(deps: WebDependencies): Route[] {
  const at = '/api/v1/studies/:id'
  return [
    { method: 'GET', path: `${at}/image`, access: 'read', audit: 'study.image', handle: (request) => image(deps, request) },
    { method: 'GET', path: `${at}/heatmap`, access: 'read', audit: 'study.image', handle: (request) => heatmap(deps, request) },
    { method: 'GET', path: `${at}/thumbnail`, access: 'read', audit: 'study.image', handle: (request) => thumbnail(deps, request) },
    { method: 'GET', path: `${at}/prior`, access: 'read', audit: 'study.image', handle: (request) => prior(deps, request) },
    { method: 'GET', path: `${at}/object`, access: 'read', audit: 'study.export', handle: (request) => object(deps, request) },
    { method: 'GET', path: `${at}/report.pdf`, access: 'read', audit: 'study.export', handle: (request) => paper(deps, request, 'report') },
    { method: 'GET', path: `${at}/letter.pdf`, access: 'read', audit: 'study.export', handle: (request) => paper(deps, request, 'letter') },
    { method: 'GET', path: '/api/v1/register.pdf', access: 'read', audit: 'register.export', handle: (request) => register(deps, request) }
  ]
}
