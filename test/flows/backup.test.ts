import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bin, removeData, run, settledStudies, startAppliance, temporaryData } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { describeWith } from './peers.js'
import { fundusJpeg } from './pictures.js'

/** What keeps names out of the pictures of a machine's screen. */
const VIEW = '{"keep":[[0.5,0],[1,1],[0,1]],"mask":[]}\n'

type Detail = { id: string; state: string; object?: { sha256: string } }

describeWith(['restic', 'age-keygen'], 'a backup for the centre, and a new device', () => {
  let clinic: RunningAppliance
  let centre: string
  let stick: string
  let site: string
  const screenpost = (...args: string[]) => run(process.execPath, [bin, ...args], { timeout: 120_000 }).then(({ stdout }) => ({ status: 0, said: stdout }), (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, said: error.stdout + error.stderr }))
  const upload = async (n: number): Promise<void> => {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(await fundusJpeg(n))]), 'eye.jpg')
    expect((await fetch(`${clinic.url}/api/v1/uploads`, { method: 'POST', headers: { authorization: `Bearer ${await clinic.token('clinician')}` }, body: form })).status).toBe(200)
  }
  beforeAll(async () => {
    centre = await temporaryData()
    stick = await temporaryData()
    for (const name of ['identity', 'stranger']) await run('age-keygen', ['-o', join(centre, name)])
    const recipient = (await run('age-keygen', ['-y', join(centre, 'identity')])).stdout.trim()
    site = join(centre, 'site.json')
    await writeFile(site, JSON.stringify({ name: 'Hill clinic', backup: { repository: join(stick, 'copies'), recipients: [recipient] } }))
    clinic = await startAppliance({ args: ['--config', site] })
    for (const place of ['devices/screen', 'spool/video/screen']) {
      await mkdir(join(clinic.data, place), { recursive: true })
      await writeFile(join(clinic.data, place, 'view.json'), VIEW)
    }
    await upload(1)
    await upload(2)
    await settledStudies(clinic, 2)
  }, 90_000)
  afterAll(async () => {
    await clinic?.stop()
    for (const data of [clinic?.data, centre, stick]) if (data) await removeData({ data })
  })

  it('is made beside the running service, encrypted and incremental', { timeout: 120_000 }, async () => {
    const first = await screenpost('backup', '--data', clinic.data, '--config', site)
    expect(first).toMatchObject({ status: 0 })
    await upload(3)
    await settledStudies(clinic, 3)
    const second = await screenpost('backup', '--data', clinic.data, '--config', site)
    const added = (said: string): number => Number(/files, ([\d.]+) MB new/.exec(said)![1])
    expect(added(second.said)).toBeLessThan(added(first.said))
    const key = await readFile(join(stick, 'copies.key.age'), 'utf8')
    expect(key).toContain('BEGIN AGE ENCRYPTED FILE')
    expect((await stat(join(clinic.data, 'backup/key'))).mode & 0o077).toBe(0)
    const password = (await readFile(join(clinic.data, 'backup/key'), 'utf8')).trim()
    const { stdout } = await run('grep', ['-rlF', password, stick]).catch(() => ({ stdout: '' }))
    expect(stdout).toBe('')
  })

  it('the drill shows that it would come back whole', { timeout: 120_000 }, async () => {
    expect(await screenpost('restore', '--drill', '--data', clinic.data, '--config', site)).toMatchObject({ status: 0, said: expect.stringMatching(/drill: would restore 3 studies, .*all agree/) as string })
  })

  it('opens for the centre alone', { timeout: 60_000 }, async () => {
    const refused = await screenpost('restore', '--data', join(centre, 'elsewhere'), '--from', join(stick, 'copies'), '--identity', join(centre, 'stranger'))
    expect(refused).toMatchObject({ status: 1, said: expect.stringContaining('does not open the key') as string })
    expect(await screenpost('restore', '--data', clinic.data, '--from', join(stick, 'copies'), '--identity', join(centre, 'identity'))).toMatchObject({ status: 1, said: expect.stringContaining('is not empty') as string })
  })

  it('comes back on a new device with an identity of its own, and goes on there', { timeout: 120_000 }, async () => {
    const before = await Promise.all((await clinic.api<{ studies: Detail[] }>('/api/v1/studies')).studies.map(({ id }) => clinic.api<Detail>(`/api/v1/studies/${id}`)))
    const oldAuthority = await readFile(join(clinic.data, 'access/tls/ca.pem'))
    const data = join(await temporaryData(), 'data')
    expect(await screenpost('restore', '--data', data, '--from', join(stick, 'copies'), '--identity', join(centre, 'identity'))).toMatchObject({ status: 0, said: expect.stringContaining('restored 3 studies') as string })
    expect(await readdir(data)).not.toContain('backup')
    expect(await readdir(data)).not.toContain('spool')
    expect(await readFile(join(data, 'devices/screen/view.json'), 'utf8')).toBe(VIEW)
    const restored = await startAppliance({ data, args: ['--config', site] })
    try {
      for (const study of before) expect(await restored.api<Detail>(`/api/v1/studies/${study.id}`)).toEqual(study)
      expect((await readFile(join(data, 'access/tls/ca.pem'))).equals(oldAuthority)).toBe(false)
      expect((await screenpost('doctor', '--deep', '--json', '--data', data)).said).toContain('"check":"audit chain","ok":true')
    } finally {
      await restored.stop()
      await rm(data, { recursive: true, force: true })
    }
  })

  it('says so when the stick is not there', { timeout: 60_000 }, async () => {
    expect(await screenpost('backup', '--data', clinic.data, '--config', site, '--to', '/proc/nowhere/copies')).toMatchObject({ status: 1, said: expect.stringContaining('No backup was made') as string })
  })
})
