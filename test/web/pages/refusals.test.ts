import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Access } from '../../../src/access/access.js'
import { wordsFor } from '../../../src/i18n/words.js'
import { systemClock } from '../../../src/platform/clock.js'
import { problemText } from '../../../src/web/views/describe.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

let clinic: Clinic
beforeAll(async () => { clinic = await openClinic() })
afterAll(async () => { await clinic?.close() })

const english = /\b(the|this|choose|send|again|wait|with|there)\b/i
const inFrench = (cookie: string): Record<string, string> => ({ cookie: `${cookie}; screenpost_language=fr` })

/** A form as the browser posts it, with the token that the page gave. */
async function post(path: string, cookie: string, fields: Record<string, string>): Promise<{ status: number; said: string }> {
  const page = await (await fetch(`${clinic.url}${path}`, { headers: inFrench(cookie) })).text()
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const answer = await fetch(`${clinic.url}${path}`, { method: 'POST', redirect: 'manual', headers: { ...inFrench(cookie), origin: clinic.url, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ...fields, _csrf: csrf }) })
  return { status: answer.status, said: /class="error" role="alert">(?:<svg.*?<\/svg>)?([^<]*)/s.exec(await answer.text())?.[1]?.trim() ?? '' }
}

describe('who works in French is refused in French', () => {
  it('when a user is made with a PIN that is too easy, or a name that is taken', async () => {
    const cookie = await clinic.cookie('admin')
    const easy = await post('/users', cookie, { id: 'amina', name: 'Amina', role: 'operator', pin: '123456' })
    expect(easy.status).toBe(422)
    expect(easy.said).toContain('Un PIN a de 6 à 32 chiffres')
    const taken = await post('/users', cookie, { id: 'operator', name: 'Amina', role: 'operator', pin: '482913' })
    expect(taken.said).toContain('existe déjà')
  })

  it('when the PIN is wrong at the door, and in English how long to wait', async () => {
    const wrong = (locale: string): Promise<string> => fetch(`${clinic.url}/login`, { method: 'POST', headers: { cookie: `screenpost_language=${locale}`, origin: clinic.url, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ user: 'viewer', pin: '111222' }) }).then((answer) => answer.text())
    expect(await wrong('fr')).toContain('Le nom d’utilisateur ou le PIN est faux.')
    let last = ''
    for (let tries = 0; tries < 12 && !/Wait/.test(last); tries += 1) last = await wrong('en')
    expect(last).toMatch(/Wait (a|\d+) (second|minute)/)
    expect(await wrong('fr')).toMatch(/Attendez quelques minutes/)
  })

  it('when a file is no image: by the plain form, by the API and by the upload that can go on', async () => {
    const cookie = await clinic.cookie('operator')
    const form = (): FormData => {
      const data = new FormData()
      data.append('file', new Blob([`no image ${Math.random()}`]), 'notes.txt')
      return data
    }
    const page = await fetch(`${clinic.url}/capture`, { method: 'POST', headers: { ...inFrench(cookie), origin: clinic.url }, body: form() })
    expect(await page.text()).toContain('Ce type de fichier n’est pas lu ici.')
    const api = await fetch(`${clinic.url}/api/v1/uploads`, { method: 'POST', headers: { ...inFrench(cookie), origin: clinic.url }, body: form() })
    expect(JSON.stringify(await api.json())).toContain('Ce type de fichier n’est pas lu ici.')
    const csrf = /name="_csrf" value="([^"]+)"/.exec(await (await fetch(`${clinic.url}/capture`, { headers: inFrench(cookie) })).text())?.[1] ?? ''
    const body = Buffer.from(`also no image ${Math.random()}`)
    const tus = await fetch(`${clinic.url}/api/v1/tus`, { method: 'POST', body, headers: { ...inFrench(cookie), origin: clinic.url, 'x-csrf-token': csrf, 'tus-resumable': '1.0.0', 'upload-length': String(body.length), 'content-type': 'application/offset+octet-stream', 'upload-metadata': `filename ${Buffer.from('notes.txt').toString('base64')}` } })
    expect(JSON.stringify(await tus.json())).toContain('Ce type de fichier n’est pas lu ici.')
  })

  it('when a program of the page asks for what is not there; a token still gets English', async () => {
    const asked = `${clinic.url}/api/v1/studies/20260101-ABCDEFGH`
    const said = async (headers: Record<string, string>): Promise<string> => ((await (await fetch(asked, { headers })).json()) as { error: { message: string } }).error.message
    expect(await said(inFrench(await clinic.cookie('operator')))).not.toMatch(english)
    const { token } = await clinic.access.createToken({ role: 'viewer', label: 'test', by: 'test' })
    expect(await said({ authorization: `Bearer ${token}`, cookie: 'screenpost_language=fr' })).toMatch(english)
  })

  it('with a page, not with braces, when a link to a picture leads nowhere', async () => {
    const id = await clinic.receive(800)
    const answer = await fetch(`${clinic.url}/api/v1/studies/${id}/image?size=full`, { headers: { ...inFrench(await clinic.cookie('operator')), accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(await answer.text()).toContain('lang="fr"')
    expect((await fetch(`${clinic.url}/api/v1/studies/${id}/heatmap`, { headers: inFrench(await clinic.cookie('operator')) })).headers.get('content-type')).toContain('json')
  })
})

describe('the first login', () => {
  it('says in the language of the page where the PIN is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'screenpost-refusals-'))
    const access = await Access.open({ folder, clock: systemClock })
    const result = await access.completeSetup({ firstLoginPin: '00000000', admin: { id: 'tech', name: 'Tech', pin: '482913' }, address: '127.0.0.1' })
    expect(result).toMatchObject({ ok: false, error: { code: 'bad-login', path: 'firstLoginPin' } })
    expect(problemText(wordsFor('fr'), result.ok ? { code: '', message: '' } : result.error)).toContain('sur l’étiquette du boîtier')
    await rm(folder, { recursive: true, force: true })
  })
})
