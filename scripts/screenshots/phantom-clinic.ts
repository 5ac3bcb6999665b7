import { join } from 'node:path'
import sharp from 'sharp'
import { Access } from '../../src/access/access.js'
import type { PhantomKind } from '../../src/phantoms/phantom.js'
import { shownPhantom } from '../../src/phantoms/phantom.js'
import { systemClock } from '../../src/platform/clock.js'

/** Name to path of what is photographed, and who signs in for it. */
export type Screens = { readonly user: string; readonly pin: string; readonly token: string; readonly public: Readonly<Record<string, string>>; readonly pages: Readonly<Record<string, string>> }

const LOGIN = { user: 'amina', pin: '482913' }
const IMAGES: readonly { kind: PhantomKind; seed: number; width: number; height: number }[] = [
  { kind: 'fundus', seed: 3, width: 1000, height: 1000 }, { kind: 'chest', seed: 5, width: 1024, height: 1024 }, { kind: 'lung-ultrasound', seed: 2, width: 640, height: 480 },
  { kind: 'fundus', seed: 8, width: 1000, height: 1000 }, { kind: 'chest', seed: 9, width: 1024, height: 1024 }
]

/** Before the service starts: a made-up clinician, and a token to send images with. */
async function people(data: string): Promise<Screens> {
  const access = await Access.open({ folder: join(data, 'access'), clock: systemClock })
  await access.users.add({ id: LOGIN.user, name: 'Amina Phantom', role: 'clinician', pin: LOGIN.pin }, 'screenshots')
  const { token } = await access.createToken({ role: 'operator', label: 'screenshots', by: 'screenshots' })
  return { ...LOGIN, token, public: { login: '/login', trust: '/trust' }, pages: {} }
}

async function send(url: string, screens: Screens, image: (typeof IMAGES)[number], patientId?: string): Promise<string> {
  const { data, width, height, channels } = shownPhantom(image.kind, image)
  const form = new FormData()
  if (patientId) form.append('patientId', patientId)
  form.append('file', new Blob([await sharp(data, { raw: { width, height, channels } }).png().toBuffer()]), `${image.kind}.png`)
  const answer = await fetch(`${url}/api/v1/uploads`, { method: 'POST', body: form, headers: { authorization: `Bearer ${screens.token}` } })
  const { files } = (await answer.json()) as { files: readonly [{ studyId: string }] }
  return files[0].studyId
}

/** Waits until the image is read, a question asked or given up: at most two minutes. */
async function read(url: string, screens: Screens, id: string): Promise<void> {
  for (let tries = 0; tries < 240; tries += 1) {
    const answer = await fetch(`${url}/api/v1/studies/${id}`, { headers: { authorization: `Bearer ${screens.token}` } })
    const { state } = (await answer.json()) as { state: string }
    if (state !== 'received' && state !== 'analysing') return
    await new Promise((later) => setTimeout(later, 500))
  }
}

async function register(url: string, screens: Screens, name: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/patients`, {
    method: 'POST', body: JSON.stringify({ name, ageYears: 54, sex: 'F', village: 'Nowhere' }), headers: { authorization: `Bearer ${screens.token}`, 'content-type': 'application/json' }
  })
  return ((await answer.json()) as { patient: { id: string } }).patient.id
}

/** With the service running: a made-up patient and phantoms of each kind, read by the packs. */
async function images(url: string, screens: Screens): Promise<Screens> {
  const patientId = await register(url, screens, 'Phantom Patient')
  const ids: string[] = []
  for (const [index, image] of IMAGES.entries()) ids.push(await send(url, screens, image, index < 2 ? patientId : undefined))
  for (const id of ids) await read(url, screens, id)
  const twice = await register(url, screens, 'Phantom Patient Twice')
  await send(url, screens, { kind: 'fundus', seed: 12, width: 300, height: 300 }, twice).then((id) => read(url, screens, id))
  const studies = Object.fromEntries(['fundus', 'chest', 'ultrasound'].map((name, index) => [`study-${name}`, `/studies/${ids[index] ?? ''}`]))
  return {
    ...screens,
    pages: {
      list: '/', work: '/work', register: '/register', tour: '/tour', practice: '/practice/3', 'practice-told': '/practice/3?answer=soon', ...studies, visits: '/visits',
      patients: '/patients', 'patient-new': '/patients/new', patient: `/patients/${patientId}`, 'patient-edit': `/patients/${patientId}/edit`, 'patient-merge': `/patients/${patientId}/merge`,
      'patient-compare': `/patients/${patientId}/merge?with=${twice}`, capture: `/capture?patient=${patientId}&eye=L`, quarantine: '/quarantine', system: '/system'
    }
  }
}

export const fillWithPhantoms = { people, images, send }
