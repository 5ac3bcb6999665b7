import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeData, run, settledStudies, startAppliance, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { fundusJpeg } from './pictures.js'

const hasCompiler = ['/usr/bin/cc', '/usr/bin/gcc'].some(existsSync)
if (!hasCompiler && process.env['CI'] === 'true') throw new Error('In CI a C compiler must be there: run scripts/test-peers.sh')

type Detail = { id: string; receivedAt: string; timeUncertain: boolean; sequence?: number; history?: { event: string }[] }

describe.skipIf(!hasCompiler)('a dead battery: the real service wakes up in 1970 (needs cc: run scripts/test-peers.sh)', () => {
  let folder: string
  let clinic: RunningAppliance
  let clinician: { authorization: string }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-1970-'))
    await run('cc', ['-shared', '-fPIC', '-o', join(folder, 'wrong-clock.so'), resolve(import.meta.dirname, '../fakes/wrong-clock.c'), '-ldl'])
    await writeFile(join(folder, 'offset'), String(-Math.floor(Date.now() / 1000) + 120))
    clinic = await startAppliance({ data: join(folder, 'data'), env: { LD_PRELOAD: join(folder, 'wrong-clock.so'), WRONG_CLOCK_FILE: join(folder, 'offset') } })
    clinician = { authorization: `Bearer ${await clinic.token('clinician')}` }
  }, 60_000)
  afterAll(async () => {
    await clinic?.stop()
    if (clinic) await removeData(clinic)
    await rm(folder, { recursive: true, force: true })
  })

  const upload = async (n: number): Promise<string> => {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(await fundusJpeg(n))]), 'eye.jpg')
    const answer = await fetch(`${clinic.url}/api/v1/uploads`, { method: 'POST', headers: clinician, body: form })
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { files: [{ studyId: string }] }).files[0].studyId
  }
  const detail = (id: string) => clinic.api<Detail>(`/api/v1/studies/${id}`)
  const status = () => clinic.api<{ clockTrusted: boolean }>('/api/v1/status')

  const ids: string[] = []
  let child: { id: string }
  it('receives and reads, in order, and says that it does not know the time', async () => {
    for (let n = 0; n < 3; n++) ids.push(await upload(40 + n))
    await settledStudies(clinic, 3)
    expect((await status()).clockTrusted).toBe(false)
    for (const id of ids) expect((await detail(id)).receivedAt).toMatch(/^1970-01-01/)
    const registered = await fetch(`${clinic.url}/api/v1/patients`, { method: 'POST', headers: { ...clinician, 'content-type': 'application/json' }, body: JSON.stringify({ name: 'A Child', ageYears: 10 }) })
    expect(registered.status).toBeLessThan(300)
    child = ((await registered.json()) as { patient: { id: string } }).patient
    const page = await (await fetch(`${clinic.url}/system`, { headers: { ...clinician, accept: 'text/html' } })).text()
    expect(page).toContain('The clock of the appliance may be wrong')
  }, 60_000)

  it('takes the time of a tablet from an administrator, and puts right what came before', async () => {
    const admin = { authorization: `Bearer ${await clinic.token('admin')}` }
    const offer = (at: number, who: { authorization: string }) => fetch(`${clinic.url}/system/clock`, { method: 'POST', headers: who, redirect: 'manual', body: new URLSearchParams({ at: String(at) }) })
    expect((await offer(Date.now(), clinician)).status).toBe(403)
    expect((await offer(0, admin)).status).toBe(422)
    expect((await offer(Date.now(), admin)).status).toBe(303)
    expect((await status()).clockTrusted).toBe(true)
    await waitFor(async () => (Math.abs(Date.parse((await detail(ids[0]!)).receivedAt) - Date.now()) < 300_000 ? true : undefined), { timeoutMs: 15_000, hint: () => clinic.output().slice(-2000) })
    const ageOf = async (): Promise<{ years: number; onDate: string }> => (await clinic.api<{ age: { years: number; onDate: string } }>(`/api/v1/patients/${child.id}`)).age
    await waitFor(async () => ((await ageOf()).onDate.startsWith('1970') ? undefined : true), { timeoutMs: 15_000, hint: () => clinic.output().slice(-2000) })
    expect(await ageOf()).toEqual({ years: 10, onDate: expect.stringMatching(/^20[2-9]\d-/) as string })
    const times = await Promise.all(ids.map(async (id) => Date.parse((await detail(id)).receivedAt)))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    const later = await detail(await upload(50))
    expect(Math.abs(Date.parse(later.receivedAt) - Date.now())).toBeLessThan(60_000)
  }, 60_000)

  it('does not trip when the machine is set meanwhile', async () => {
    await writeFile(join(folder, 'offset'), '0')
    const id = await upload(51)
    expect((await fetch(`${clinic.url}/healthz`)).status).toBe(200)
    await waitFor(async () => (Math.abs(Date.parse((await detail(await upload(60 + Math.floor(Math.random() * 1000)))).receivedAt) - Date.now()) < 60_000 ? true : undefined), { timeoutMs: 40_000, hint: () => `times of ${id} stay wrong` })
  }, 60_000)
})
