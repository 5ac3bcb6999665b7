import { readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as tus from 'tus-js-client'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import { deliverUpload } from '../../src/web/uploads.js'
import type { TestWeb } from './harness.js'
import { picture, startTestWeb } from './harness.js'

let web: TestWeb
let nurse: Record<string, string>
beforeAll(async () => {
  web = await startTestWeb({ limits: { maxUploadBytes: 2_000_000 } })
  nurse = await web.bearer('operator')
})
afterAll(() => web[Symbol.asyncDispose]())

type Answer = { files: { file: string; outcome: string; studyId?: string; problem?: { code: string } }[] }
async function send(parts: readonly [string, Blob | string, string?][], to = web, headers = nurse): Promise<{ status: number; answer: Answer }> {
  const form = new FormData()
  for (const [name, value, file] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, file)
  }
  const answer = await fetch(`${to.url}/api/v1/uploads`, { method: 'POST', body: form, headers })
  return { status: answer.status, answer: (await answer.json()) as Answer }
}
const spooled = async (): Promise<string[]> => (await readdir(join(web.folder, 'spool'))).filter((name) => name !== 'tus')
const png = async (n: number): Promise<Blob> => new Blob([await picture(n)])

describe('a multipart upload', () => {
  it.each(['--b\r\nContent-Disposition: form-data; name="file"; filename="a.bmp"\r\n\r\nBM', '--b\r\nno header', '', '--b\r\nContent-Disposition: form-data; name="other"; filename="a.bmp"\r\n\r\nBM no end',
    '--b\r\nContent-Disposition: form-data; name="laterality"\r\n\rL\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.bmp"\r\n\r\nBM no end'])('says that a body that can not be read was not taken (%#)', async (body) => {
    const answer = await fetch(`${web.url}/api/v1/uploads`, { method: 'POST', body, headers: { ...nurse, 'content-type': 'multipart/form-data; boundary=b' } })
    expect(answer.status).toBe(400)
    expect(await spooled()).toEqual([])
  })

  it('takes several files, knows one that came before, and keeps an unreadable one aside', async () => {
    const { status, answer } = await send([['file', await png(1), 'a.png'], ['file', await png(1), 'b.png'], ['file', new Blob(['no image']), 'c.dcm'], ['file', await png(2), 'd.png']])
    expect(status).toBe(207)
    expect(answer.files.map(({ file, outcome }) => [file, outcome])).toEqual([['a.png', 'stored'], ['b.png', 'duplicate'], ['c.dcm', 'quarantined'], ['d.png', 'stored']])
    expect(answer.files[2]?.problem?.code).toBeDefined()
    expect((await web.store.read(answer.files[0]?.studyId ?? '')).object.sha256).toHaveLength(64)
    expect((await send([['file', await png(3), 'e.png']])).status).toBe(200)
    expect(await spooled()).toEqual([])
  })

  it('for which nobody was chosen is nobody\'s, also a photo of a film while another nurse\'s visit has the device for these', async () => {
    const films = await startTestWeb({ deps: { devices: { status: () => [{ id: 'films', kind: 'film-photo', state: 'connected', received: 0 }], subscribe: () => () => undefined } } })
    try {
      const made = await films.deps.patients.register({ name: 'Amina' }, 'one')
      const visit = await films.deps.visits.start({ patientId: made.ok ? made.value.id : '' }, 'one')
      await films.deps.visits.hold(visit.id, { station: 'films' }, 'one')
      const two = await films.bearer('operator')
      const { answer } = await send([['file', await png(17), 'a.png'], ['film', '1']], films, two)
      const study = await films.store.read(answer.files[0]?.studyId ?? '')
      expect([study.source.deviceId, study.patientId, study.visitId]).toEqual(['films', undefined, undefined])
      const hers = await send([['file', await png(18), 'b.png'], ['film', '1'], ['patientId', visit.patientId]], films, two)
      expect(await films.store.read(hers.answer.files[0]?.studyId ?? '')).toMatchObject({ patientId: visit.patientId, visitId: visit.id })
    } finally {
      await films[Symbol.asyncDispose]()
    }
  })

  it('belongs to the patient of the form', async () => {
    const made = await web.deps.patients.register({ name: 'A' }, 'nurse')
    const id = made.ok ? made.value.id : ''
    const { answer } = await send([['file', await png(4), 'a.png'], ['patientId', id], ['laterality', 'L']])
    expect(await web.store.read(answer.files[0]?.studyId ?? '')).toMatchObject({ patientId: id, laterality: 'L', source: { kind: 'upload' } })
    const named = await send([['file', await png(15), '10_right.png']])
    expect(await web.store.read(named.answer.files[0]?.studyId ?? '')).toMatchObject({ laterality: 'R' })
    const chosen = await send([['file', await png(16), '11_right.png'], ['laterality', 'L']])
    expect(await web.store.read(chosen.answer.files[0]?.studyId ?? '')).toMatchObject({ laterality: 'L' })
    expect((await send([['file', await png(5), 'a.png'], ['patientId', 'P-00000000']])).status).toBe(400)
    expect((await send([])).status).toBe(400)
    expect(await spooled()).toEqual([])
  })

  it('of an image that was here already says whose it is, and gives it to the chosen patient only where it was nobody\'s', async () => {
    const register = async (name: string): Promise<string> => { const made = await web.deps.patients.register({ name }, 'nurse'); return made.ok ? made.value.id : '' }
    const [first, second] = [await register('First'), await register('Second')]
    const again = async (patientId?: string) => (await send([['file', await png(30), 'a.png'], ...(patientId ? [['patientId', patientId] as [string, string]] : [])])).answer.files[0]
    const studyId = (await again())?.studyId ?? ''
    expect(await again()).toMatchObject({ outcome: 'duplicate', whose: 'nobody' })
    expect(await again(first)).toMatchObject({ outcome: 'duplicate', studyId, whose: 'attached', patient: { id: first, name: 'First' } })
    expect((await web.store.read(studyId)).patientId).toBe(first)
    const written = (await readFile(join(web.folder, 'audit', (await readdir(join(web.folder, 'audit'))).filter((name) => name.endsWith('.jsonl')).sort().at(-1)!), 'utf8')).split('\n').filter((line) => line.includes('study.attach'))
    expect(written.map((line) => JSON.parse(line) as object)).toMatchObject([{ studyId, patientId: first, by: expect.stringMatching(/^token-/) }])
    expect(await again(first)).toMatchObject({ whose: 'known', patient: { id: first } })
    expect(await again(second)).toMatchObject({ whose: 'other', patient: { id: first } })
    expect((await web.store.read(studyId)).patientId).toBe(first)
  })

  it('has an image back from the archive that a person sends again from the page, and not one that a program does, which goes through its memory', async () => {
    const again = () => send([['file', new Blob([bytes]), 'a.png']])
    const bytes = await picture(31)
    const studyId = (await again()).answer.files[0]?.studyId ?? ''
    const evicted = { at: '2026-03-01T09:00:00.000Z', archives: ['pacs'] }
    await web.store.change(studyId, { by: 'system', event: 'image-evicted' }, (now) => ({ ...now, state: 'ready', evicted }))
    expect((await again()).answer.files).toMatchObject([{ outcome: 'duplicate', studyId }])
    expect(await web.store.read(studyId)).toMatchObject({ evicted })
    const path = join(web.folder, 'spool', 'from-the-page.png')
    await writeFile(path, bytes)
    expect(await deliverUpload(web.deps, { path, operator: 'amina', via: 'session' })).toMatchObject({ outcome: 'duplicate', studyId })
    expect(await web.store.read(studyId)).not.toHaveProperty('evicted')
  })

  it('says which file is too large and takes the others', async () => {
    const { answer } = await send([['file', new Blob([Buffer.alloc(2_100_000, 1)]), 'big.png'], ['file', await png(6), 'ok.png']])
    expect(answer.files.map(({ outcome, problem: why }) => why?.code ?? outcome)).toEqual(['too-large', 'stored'])
    expect(await spooled()).toEqual([])
  })

  it('takes nothing of a request that breaks off', async () => {
    const before = web.store.counts().total
    await new Promise<void>((resolve) => {
      const socket = connect(web.server.port, '127.0.0.1', () => {
        socket.write(`POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: ${nurse['authorization']}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nhalf`)
        setTimeout(() => { socket.destroy(); resolve() }, 200)
      })
    })
    await expect.poll(spooled).toEqual([])
    expect(web.store.counts().total).toBe(before)
  })

  it('answers 507 when there is no room', async () => {
    await using full = await startTestWeb({ deps: { deliver: async () => err(problem('store-full', 'Full.')) } })
    expect((await send([['file', await png(7), 'a.png']], full, await full.bearer('operator'))).status).toBe(507)
  })
})

describe('a resumable upload', () => {
  type Done = { status: number; body: string }
  function upload(bytes: Buffer, options: { stopAt?: number; chunkSize?: number; url?: string | null; metadata?: Record<string, string>; to?: TestWeb; headers?: Record<string, string> } = {}): Promise<{ url: string | null; last?: Done; stopped: boolean; error?: string }> {
    return new Promise((resolve) => {
      const sending = new tus.Upload(bytes, {
        endpoint: `${(options.to ?? web).url}/api/v1/tus/`, uploadUrl: options.url, chunkSize: options.chunkSize ?? 50_000, uploadDataDuringCreation: options.chunkSize !== undefined, retryDelays: null, headers: options.headers ?? nurse,
        metadata: { filename: 'eye.png', ...options.metadata },
        onChunkComplete: (_size, sent) => {
          if (options.stopAt && sent >= options.stopAt) void sending.abort().then(() => resolve({ url: sending.url, stopped: true }))
        },
        onSuccess: ({ lastResponse }) => resolve({ url: sending.url, stopped: false, last: { status: lastResponse.getStatus(), body: lastResponse.getBody() } }),
        onError: (error) => resolve({ url: sending.url, stopped: false, error: String((error as { originalResponse?: { getBody(): string } }).originalResponse?.getBody() ?? error) })
      })
      sending.start()
    })
  }
  const big = async (n: number): Promise<Buffer> => Buffer.concat([await picture(n), Buffer.alloc(400_000, n)])

  it('goes on where it was dropped and answers with the study, durable', async () => {
    const bytes = await big(20)
    const first = await upload(bytes, { stopAt: 150_000 })
    expect(first).toMatchObject({ stopped: true })
    const second = await upload(bytes, { url: first.url })
    const receipt = JSON.parse(second.last?.body ?? '{}') as { outcome: string; studyId: string; file: string }
    expect([second.last?.status, receipt.outcome, receipt.file]).toEqual([200, 'stored', 'eye.png'])
    expect((await web.store.read(receipt.studyId)).object.bytes).toBe(bytes.length)
    expect(await readdir(join(web.folder, 'spool/tus'))).toEqual([])
  })

  it.each([600_000, 50_000])('sent with its announcement, in pieces of %i bytes, becomes one study', async (chunkSize) => {
    const before = web.store.counts().total
    const sent = await upload(await big(chunkSize / 50_000 + 50), { chunkSize })
    expect(sent.error).toBeUndefined()
    expect(JSON.parse(sent.last?.body ?? '{}')).toMatchObject({ outcome: 'stored', file: 'eye.png' })
    expect(web.store.counts().total).toBe(before + 1)
    expect(await readdir(join(web.folder, 'spool/tus'))).toEqual([])
  })

  it('refuses a patient that is not there, in words', async () => {
    expect(JSON.parse((await upload(await big(21), { metadata: { patientId: 'P-00000000' } })).error ?? '{}')).toMatchObject({ error: { code: 'no-such-patient' } })
  })

  it('refuses what is larger than it takes when it is announced, in words', async () => {
    expect(JSON.parse((await upload(Buffer.alloc(2_000_001))).error ?? '{}')).toMatchObject({ error: { code: 'too-large', message: expect.stringMatching(/smaller export/) as string } })
  })

  it('says when it was taken, and is refused when that is no time', async () => {
    const times: (string | null | undefined)[] = []
    await using other = await startTestWeb({ deps: { deliver: async ({ takenAt }) => { times.push(takenAt); return ok({ outcome: 'stored', studyId: '20260301-00000000' }) } } })
    const headers = await other.bearer('operator')
    await upload(await big(23), { to: other, headers, metadata: { takenAt: '2026-03-01T08:00:00.000Z' } })
    await send([['takenAt', '2026-03-01T08:30:00+00:00'], ['file', await png(8), 'a.png']], other, headers)
    expect(times).toEqual(['2026-03-01T08:00:00.000Z', '2026-03-01T08:30:00+00:00'])
    expect(JSON.parse((await upload(await big(24), { to: other, headers, metadata: { takenAt: 'yesterday' } })).error ?? '{}')).toMatchObject({ error: { code: 'bad-time', path: 'takenAt' } })
  })

  it('is forgotten, not called complete, when the disk was full at its end', async () => {
    await using full = await startTestWeb({ deps: { deliver: async () => err(problem('store-full', 'The disk is full.')) } })
    const headers = await full.bearer('operator')
    const refused = await upload(await big(22), { to: full, headers })
    expect(JSON.parse(refused.error ?? '{}')).toMatchObject({ error: { code: 'store-full' } })
    expect(await readdir(join(full.folder, 'spool/tus'))).toEqual([])
  })

  it('that nobody goes on with is forgotten after a day, a younger one is not', async () => {
    await using before = await startTestWeb()
    const begun = async (id: string, hoursAgo: number): Promise<void> => {
      await writeFile(join(before.folder, 'spool/tus', id), 'half')
      await writeFile(join(before.folder, `spool/tus/${id}.json`), JSON.stringify({ id, size: 1000, offset: 0, metadata: { filename: 'eye.png' } }))
      await utimes(join(before.folder, 'spool/tus', id), new Date(), new Date(Date.now() - hoursAgo * 3_600_000))
    }
    await begun('old', 25)
    await begun('young', 23)
    await using after = await startTestWeb({ folder: before.folder })
    expect((await readdir(join(after.folder, 'spool/tus'))).sort()).toEqual(['young', 'young.json'])
  })

  it('that was complete when the power went becomes a study at the next start', async () => {
    await using before = await startTestWeb()
    const bytes = await picture(23)
    await writeFile(join(before.folder, 'spool/tus/abc'), bytes)
    await writeFile(join(before.folder, 'spool/tus/abc.json'), JSON.stringify({ id: 'abc', size: bytes.length, offset: 0, metadata: { filename: 'eye.png' }, creation_date: new Date().toISOString() }))
    await using after = await startTestWeb({ folder: before.folder })
    expect(after.store.counts().total).toBe(1)
    expect(await readdir(join(before.folder, 'spool/tus'))).toEqual([])
  })

  describe('on a disk with little room', () => {
    let full: TestWeb
    let headers: Record<string, string>
    let totalBytes = Infinity
    const partials = async (): Promise<string[]> => (await readdir(join(full.folder, 'spool/tus'))).filter((name) => !name.endsWith('.json'))
    const usedBytes = async (): Promise<number> => {
      const sizes = await Promise.all((await partials()).map(async (name) => (await stat(join(full.folder, 'spool/tus', name))).size))
      return sizes.reduce((sum, size) => sum + size, 0)
    }
    const hasRoomFor = async (bytes: number): Promise<boolean> => totalBytes === Infinity || totalBytes - (await usedBytes()) >= bytes
    const announce = (length: Record<string, string>): Promise<Response> => fetch(`${full.url}/api/v1/tus`, { method: 'POST', headers: { ...headers, 'tus-resumable': '1.0.0', ...length } })
    const patch = (at: string | null, offset: number, body: Buffer, more = {}): Promise<Response> =>
      fetch(new URL(at ?? '', `${full.url}/api/v1/tus/`), { method: 'PATCH', headers: { ...headers, 'tus-resumable': '1.0.0', 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream', ...more }, body })

    beforeAll(async () => {
      full = await startTestWeb({ limits: { maxUploadBytes: 8_000_000 }, deps: { hasRoomFor } })
      headers = await full.bearer('operator')
    })
    afterAll(() => full[Symbol.asyncDispose]())

    it('counts what was announced before and has not come yet', async () => {
      totalBytes = 10_000_000
      expect((await announce({ 'upload-length': '6000000' })).status).toBe(201)
      const second = await announce({ 'upload-length': '6000000' })
      expect([second.status, await second.json()]).toEqual([507, { error: expect.objectContaining({ code: 'store-full' }) as object }])
    })

    it('drops those that nobody went on with for an hour, oldest first, to take the next one', async () => {
      const [old] = await partials()
      await utimes(join(full.folder, 'spool/tus', old!), new Date(), new Date(Date.now() - 2 * 3_600_000))
      expect((await announce({ 'upload-length': '6000000' })).status).toBe(201)
      expect(await partials()).toHaveLength(1)
      expect(await partials()).not.toContain(old)
    })

    it('stops before the reserve with 507 and words, and goes on from there when there is room', async () => {
      for (const name of await readdir(join(full.folder, 'spool/tus'))) await rm(join(full.folder, 'spool/tus', name))
      totalBytes = 3_000_000
      const at = (await announce({ 'upload-defer-length': '1' })).headers.get('location')
      const bytes = Buffer.alloc(5_000_000, 7)
      const refused = await patch(at, 0, bytes)
      expect([refused.status, await refused.json()]).toEqual([507, { error: expect.objectContaining({ code: 'store-full', message: expect.stringMatching(/Keep the image/) as string }) as object }])
      expect(await usedBytes()).toBeLessThanOrEqual(3_000_000)
      totalBytes = 20_000_000
      const offset = Number((await fetch(new URL(at ?? '', `${full.url}/api/v1/tus/`), { method: 'HEAD', headers: { ...headers, 'tus-resumable': '1.0.0' } })).headers.get('upload-offset'))
      expect((await patch(at, offset, bytes.subarray(offset), { 'upload-length': String(bytes.length) })).status).toBe(200)
    })
  })
})
