import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDataSet, makeDicom } from '../../test/generators/dicom.js'
import { bmpFile } from '../../test/generators/images.js'
import type { Ledger } from './ledger.js'
import type { Random } from './random.js'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export type Visit = {
  readonly url: string
  readonly dicomPort: number
  readonly token: string
  readonly scratch: string
  readonly random: Random
  readonly ledger: Ledger
  /** Changes counted so far. */
  readonly now: () => number
}

const noise = (random: Random, bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, () => random.below(256))

/** A small picture of noise, unlike every other. */
export const makePicture = (random: Random): Buffer => bmpFile({ width: 48, height: 40, channels: 3, frames: 1, data: noise(random, 48 * 40 * 3) })

/** Puts pictures into the inbox of an appliance that is not running; returns what must later be either there or in the store. */
export async function fillInbox(inbox: string, random: Random, count: number): Promise<{ path: string; fingerprint: string }[]> {
  const files = Array.from({ length: count }, () => ({ path: join(inbox, `camera-${random.below(2 ** 31)}.bmp`), bytes: makePicture(random) }))
  await Promise.all(files.map(({ path, bytes }) => writeFile(path, bytes)))
  return files.map(({ path, bytes }) => ({ path, fingerprint: sha256(bytes) }))
}

/** A morning in a clinic: three ways in, somebody registered, a study attached and reviewed. Stops quietly where the appliance dies. */
export async function visitClinic(visit: Visit): Promise<void> {
  await Promise.allSettled([sendFilm(visit), uploadAndReview(visit)])
  await reviewFilms(visit).catch(() => undefined)
}

export async function sendFilm({ dicomPort, scratch, random, ledger, now }: Visit): Promise<void> {
  const film = { sopInstanceUid: `2.25.${random.below(2 ** 31)}${random.below(2 ** 31)}`, modality: 'CR', bodyPart: 'CHEST', columns: 40, rows: 32, bitsAllocated: 8 as const, pixels: noise(random, 40 * 32) }
  const path = join(scratch, `${film.sopInstanceUid}.dcm`)
  await writeFile(path, makeDicom(film))
  const said = await storescu(['-v', '-aec', 'SCREENPOST', '127.0.0.1', String(dicomPort), path])
  await rm(path, { force: true })
  if (/Received Store Response \(Success\)/.test(said)) ledger.push({ kind: 'object', by: 'C-STORE', at: now(), fingerprint: sha256(makeDataSet(film)) })
}

/** A clinician looks at what no model judged: only then it has an outcome, and may leave when the PACS has promised to keep it. */
async function reviewFilms(visit: Visit): Promise<void> {
  const listed = await call(visit, '/api/v1/studies?limit=50&order=newest') as { studies: { id: string; state: string; reviewed?: boolean }[] } | undefined
  for (const { id } of (listed?.studies ?? []).filter(({ state, reviewed }) => state === 'ready' && !reviewed)) {
    await call(visit, `/api/v1/studies/${id}/review`, { action: 'change', triage: { level: 'soon', text: 'See again.' }, reason: 'no model' })
  }
}

const storescu = (args: string[]): Promise<string> => new Promise((resolve) => {
  execFile('storescu', args, { timeout: 20_000 }, (_error, stdout, stderr) => resolve(stdout + stderr))
})

async function uploadAndReview(visit: Visit): Promise<void> {
  const { random, ledger, now } = visit
  const picture = makePicture(random)
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(picture)]), 'eye.bmp')
  const uploaded = await call(visit, '/api/v1/uploads', form) as { files: { studyId?: string; outcome: string }[] } | undefined
  const studyId = uploaded?.files[0]?.studyId
  if (!studyId) return
  const fingerprint = sha256(picture)
  ledger.push({ kind: 'object', by: 'HTTP', at: now(), fingerprint, sha256: fingerprint })
  const registered = await call(visit, '/api/v1/patients', { name: `Phantom ${random.below(2 ** 31)}`, ageYears: 50 }) as { patient: { id: string } } | undefined
  if (!registered) return
  const patientId = registered.patient.id
  ledger.push({ kind: 'patient', at: now(), id: patientId })
  if (await call(visit, `/api/v1/studies/${studyId}/attach`, { patientId })) ledger.push({ kind: 'attached', at: now(), fingerprint, patientId })
  if (!(await settled(visit, studyId))) return
  const reason = `torture ${random.below(2 ** 31)}`
  if (await call(visit, `/api/v1/studies/${studyId}/review`, { action: 'change', triage: { level: 'soon', text: 'See again.' }, reason })) ledger.push({ kind: 'review', at: now(), fingerprint, reason })
}

/** The answer of a call that succeeded (200 or 201). @throws when the connection breaks */
export async function call({ url, token }: Pick<Visit, 'url' | 'token'>, path: string, body?: FormData | Record<string, unknown>): Promise<unknown> {
  const json = body && !(body instanceof FormData)
  const answer = await fetch(url + path, {
    method: body ? 'POST' : 'GET', signal: AbortSignal.timeout(20_000), body: json ? JSON.stringify(body) : body,
    headers: { authorization: `Bearer ${token}`, ...(json ? { 'content-type': 'application/json' } : {}) }
  })
  const content: unknown = await answer.json()
  return answer.status === 200 || answer.status === 201 ? content : undefined
}

async function settled(visit: Visit, studyId: string): Promise<boolean> {
  for (let turn = 0; turn < 100; turn++) {
    const study = await call(visit, `/api/v1/studies/${studyId}`) as { state: string } | undefined
    if (study && study.state !== 'received' && study.state !== 'analysing') return true
    await new Promise((resolve) => { setTimeout(resolve, 30) })
  }
  return false
}

/** Waits until the inbox files are gone and says so in the ledger: a file that was removed was acknowledged. */
export async function watchInbox(files: readonly { path: string; fingerprint: string }[], { ledger, now, until }: { ledger: Ledger; now: () => number; until: () => boolean }): Promise<void> {
  let waiting = files
  while (waiting.length > 0 && !until()) {
    await new Promise((resolve) => { setTimeout(resolve, 15) })
    for (const file of waiting.filter(({ path }) => !existsSync(path))) ledger.push({ kind: 'object', by: 'inbox', at: now(), fingerprint: file.fingerprint, sha256: file.fingerprint })
    waiting = waiting.filter(({ path }) => existsSync(path))
  }
}
